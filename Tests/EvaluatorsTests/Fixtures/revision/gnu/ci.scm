;; SPDX-License-Identifier: GPL-3.0-or-later
;; Jobs as Guix made them for Hydra, until 1.2.
(define-module (gnu ci)
  #:use-module (guix derivations)
  #:use-module (guix packages)
  #:use-module (gnu packages good)
  #:use-module (gnu packages grub)
  #:use-module (gnu tests)
  #:export (hydra-jobs))

(define (package->job store package system)
  (and (supported-package? package system)
       (cons (string->symbol (string-append (package-name package) "-" (package-version package) "." system))
             (lambda ()
               `((derivation . ,(derivation-file-name (package-derivation store package system #:graft? #f)))
                 (description . "ignored"))))))

(define (hydra-jobs store arguments)
  (unless (and (equal? (assq-ref arguments 'subset) "hello")
               (equal? (assq-ref (assq-ref arguments 'guix) 'revision) "0123456789012345678901234567890123456789"))
    (error "not as asked"))
  (list (package->job store hello "x86_64-linux")
        (cons 'forged.x86_64-linux
              (lambda () '((derivation . "/gnu/store/7b0rzwcbdml7z4njkv8jw7qb60y3hzra-hello-2.10.drv"))))
        (cons 'broken.x86_64-linux (lambda () (error "this job is broken")))))
