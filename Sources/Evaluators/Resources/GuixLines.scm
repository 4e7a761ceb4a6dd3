;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; What EvaluateGuix.scm says and bears: lines of JSON about what happens, and limits of time and memory under which a
;; piece of a revision is evaluated.

(use-modules (ice-9 exceptions) (ice-9 match) (srfi srfi-26))

;;; Lines of JSON.

;; What packages print goes to the log.
(define lines (fdopen (dup->fdes 1) "w"))
(set-port-encoding! lines "UTF-8")
(set-port-conversion-strategy! lines 'substitute)
(dup2 2 1)

(define (json-character character port)
  (cond ((memv character '(#\" #\\)) (write-char #\\ port) (write-char character port))
        ((char<? character #\space)
         (format port "\\u~a" (string-pad (number->string (char->integer character) 16) 4 #\0)))
        (else (write-char character port))))

(define (json-items items write-item port)
  (fold (lambda (item first?) (unless first? (write-char #\, port)) (write-item item) #f) #t items))

(define (json value port)
  (match value
    (#f (display "null" port))
    ((? string? text)
     (write-char #\" port)
     (string-for-each (cut json-character <> port) text)
     (write-char #\" port))
    ((? number? number) (display number port))
    ((? symbol? symbol) (json (symbol->string symbol) port))
    ((? vector? items)
     (write-char #\[ port)
     (json-items (vector->list items) (cut json <> port) port)
     (write-char #\] port))
    (fields
     (write-char #\{ port)
     (json-items fields
                 (match-lambda ((key . value) (json key port) (write-char #\: port) (json value port)))
                 port)
     (write-char #\} port))))

(define (say event . fields)
  (json `((event . ,event) ,@fields) lines)
  (newline lines)
  (force-output lines))

;;; Limits.

(define (give-up message) (throw 'almanac-limit message))

(define (heap)
  (let ((statistics (gc-stats)))
    (- (assq-ref statistics 'heap-size) (or (assq-ref statistics 'heap-free-size) 0))))

(define memory-limit (asked 'memory))
(define watching? #f)
(sigaction SIGPROF
  (lambda _ (when watching? (give-up (format #f "it was stopped after ~a s of processor time" watching?)))))
(add-hook! after-gc-hook
           (lambda ()
             (when (and watching? (> (heap) memory-limit))
               (give-up (format #f "it was stopped at ~a MiB of memory" (quotient memory-limit (expt 2 20)))))))

(define (limit? exception) (eq? (exception-kind exception) 'almanac-limit))

(define (in-words exception)
  "What an exception is about, in a line or two."
  (define (formatted text values) (or (false-if-exception (apply simple-format #f text values)) text))
  (define (about message exception)
    (let ((irritants (if (exception-with-irritants? exception) (exception-irritants exception) '())))
      (if (string-index message #\~)
          (formatted message irritants)
          (string-join (cons message (map (cut format #f "~s" <>) irritants)) " "))))
  (define (of-store) (false-if-exception ((from '(guix store) 'store-protocol-error-message) exception)))
  (define (text)
    (match (and (not (exception-with-message? exception)) (exception-args exception))
      ((? (const (eq? (exception-kind exception) 'quit))) "it tried to end the evaluation")
      (((? string? message)) message)
      ((who (? string? message) values . _)
       (string-append (if who (format #f "~a: " who) "") (if (list? values) (formatted message values) message)))
      (_ (or (of-store)
             (false-if-exception (about (exception-message exception) exception))
             (format #f "~s" exception)))))
  (let ((text (or (false-if-exception (text)) "it failed, and its exception cannot be printed")))
    (if (string? text) (string-take text (min 2000 (string-length text))) "it failed")))

(define* (guarded thunk failed #:optional (seconds (asked 'seconds)))
  "Call THUNK under the limits; where it fails, FAILED with the exception."
  (define (rest) (set! watching? #f) (setitimer ITIMER_PROF 0 0 0 0))
  (with-exception-handler
      (lambda (exception) (rest) (failed exception))
    (lambda ()
      (set! watching? seconds)
      (setitimer ITIMER_PROF 0 0 seconds 0)
      (let ((result (thunk)))
        (rest)
        result))
    #:unwind? #t))
