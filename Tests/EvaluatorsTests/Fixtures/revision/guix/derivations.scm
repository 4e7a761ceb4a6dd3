;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (guix derivations)
  #:use-module (guix store)
  #:use-module (srfi srfi-9)
  #:export (derivation derivation-file-name))

(define-record-type <derivation> (make-derivation file-name) derivation? (file-name derivation-file-name))

(define (derivation store name text)
  (make-derivation (add-text-to-store store (string-append name ".drv") text)))
