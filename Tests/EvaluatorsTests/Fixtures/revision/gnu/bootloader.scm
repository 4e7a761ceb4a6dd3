;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (gnu bootloader)
  #:use-module (gnu packages grub))

(define-public bootloaders (list grub))
