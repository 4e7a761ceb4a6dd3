;; SPDX-License-Identifier: GPL-3.0-or-later
;; Whoever loads this module first of the three has (gnu bootloader) see 'grub' before it is defined.
(define-module (gnu packages grub)
  #:use-module (gnu packages admin))

(define-public grub "grub")
(define-public grub-efi "grub-efi")
