;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (guix profiles)
  #:use-module (guix derivations)
  #:use-module (guix packages)
  #:use-module (srfi srfi-9)
  #:export (manifest manifest-entries manifest-entry manifest-entry-item manifest-entry-output manifest-entry-name
            profile-derivation))

(define-record-type <entry> (manifest-entry item output) entry?
  (item manifest-entry-item) (output manifest-entry-output))
(define (manifest-entry-name entry) (package-name (manifest-entry-item entry)))
(define-record-type <manifest> (manifest entries profile) manifest?
  (entries manifest-entries) (profile manifest-profile))

(define (profile-derivation manifest) (lambda (store) (derivation store "profile" (manifest-profile manifest))))
