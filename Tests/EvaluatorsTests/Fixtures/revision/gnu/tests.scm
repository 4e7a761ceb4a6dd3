;; SPDX-License-Identifier: GPL-3.0-or-later
;; As (gnu bootloader grub) until 1.2: with the name that it asks for come the others of that module, until Guile 3.0.5.
(define-module (gnu tests)
  #:autoload (gnu packages grub) (grub))

(define-public tested (list grub grub-efi))
