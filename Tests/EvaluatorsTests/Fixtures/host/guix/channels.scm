;; SPDX-License-Identifier: GPL-3.0-or-later
;; What checks a channel's commits, with the names that Guix's has: authentic is what is listed in the repository's file
;; "authentic", and what a check of the same channel has said before.
(define-module (guix channels)
  #:use-module (ice-9 textual-ports)
  #:export (channel make-channel-introduction openpgp-fingerprint->bytevector authenticate-channel))

(define-syntax-rule (channel (field value) ...) (list (cons 'field value) ...))
(define make-channel-introduction list)
(define (openpgp-fingerprint->bytevector text) (string-delete #\space text))

(define* (authenticate-channel channel checkout commit #:key keyring-reference-prefix)
  (define (text file) (call-with-input-file file get-string-all))
  (define cache (string-append (getenv "HOME") "/.cache/" (symbol->string (assq-ref channel 'name))))
  (define authentic (string-append (text (string-append checkout "/.git/authentic"))
                                   (if (file-exists? cache) (text cache) "")))
  (unless (equal? keyring-reference-prefix "") (error "the keyring is in a branch of the mirror's own"))
  (unless (string-contains (text (string-append checkout "/.guix-channel")) "keyring-reference")
    (error "the channel says where its keyring is"))
  (unless (string-contains authentic (format #f "~a ~a" commit (string-join (assq-ref channel 'introduction))))
    (error (format #f "commit ~a was signed by a stranger" commit)))
  (call-with-output-file cache (lambda (port) (display authentic port)))
  (format (current-error-port) "Authenticating channel, 7 new commits...~%\r###"))
