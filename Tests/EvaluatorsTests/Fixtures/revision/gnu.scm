;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (gnu)
  #:use-module (gnu packages good)
  #:re-export (hello))
