;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (guix utils)
  #:export (%current-system version>? location-file location-line))

(define %current-system (make-parameter "none"))
(define (version>? one other)
  (let loop ((one (map string->number (string-split one #\.))) (other (map string->number (string-split other #\.))))
    (cond ((null? one) #f)
          ((null? other) #t)
          ((= (car one) (car other)) (loop (cdr one) (cdr other)))
          (else (> (car one) (car other))))))
(define (location-file location) (car location))
(define (location-line location) (cdr location))
