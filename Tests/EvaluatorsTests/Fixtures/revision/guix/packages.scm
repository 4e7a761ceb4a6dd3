;; SPDX-License-Identifier: GPL-3.0-or-later
;; Packages that know the text of their derivation. As in Guix, some of these names are syntax.
(define-module (guix packages)
  #:use-module (guix derivations)
  #:use-module (guix grafts)
  #:use-module (guix utils)
  #:use-module (srfi srfi-9)
  #:export (package package? package-name package-version package-replacement package-superseded hidden-package?
            package-synopsis package-home-page package-location package-properties supported-package?
            package-derivation))

(define-record-type <package> (make-package name version text properties) package?
  (name package-name) (version package-version) (text package-text) (properties package-properties))

(define* (package name version text #:optional (properties '())) (make-package name version text properties))

(define (package-replacement package) (assq-ref (package-properties package) 'replacement))
(define (package-superseded package) (assq-ref (package-properties package) 'superseded))
(define (hidden-package? package) (assq-ref (package-properties package) 'hidden?))
(define (package-synopsis package) (string-append "The package \"" (package-name package) "\""))
(define (package-home-page package) 'none)
(define (package-location package) '("gnu/packages/some.scm" . 7))
(define (supported-package? package system) (not (assq-ref (package-properties package) 'foreign?)))

(define* (package-derivation store package system #:key graft?)
  (when (or graft? (%graft?) (not (equal? system (%current-system)))) (error "grafts, or another system"))
  (let ((text (package-text package)))
    (derivation store (string-append (package-name package) "-" (package-version package))
                (if (procedure? text) (text store) text))))
