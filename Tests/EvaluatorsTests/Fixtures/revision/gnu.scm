;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (gnu)
  #:use-module (gnu packages good)
  #:use-module (gnu packages grub)
  #:re-export (hello))
