;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (guix self)
  #:use-module (gnu packages good)
  #:use-module (guix packages)
  #:use-module (language cps optimize)
  #:use-module (language tree-il optimize)
  #:export (guix-derivation))

;; As until 1.2: without a word on where it came from.
(define* (guix-derivation source version guile-version #:key (pull-version 0))
  (and (= pull-version 1)
       (lambda (store) (package-derivation store hello "x86_64-linux" #:graft? #f))))

;; As (guix build compile) has it until 1.0, which was written for Guile 2.2.
(define %default-optimizations
  (append (tree-il-default-optimization-options) (cps-default-optimization-options)))
