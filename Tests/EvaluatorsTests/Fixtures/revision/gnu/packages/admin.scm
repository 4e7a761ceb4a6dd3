;; SPDX-License-Identifier: GPL-3.0-or-later
;; Modules of Guix import each other: this one (gnu bootloader), that (gnu packages grub), and that this one.
(define-module (gnu packages admin)
  #:use-module (gnu bootloader))
