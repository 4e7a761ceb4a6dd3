;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; Channels beside Guix's own: where their modules are, and that all are there which they depend on. What a channel says
;; of itself, in its file .guix-channel, is as the Guix manual has it ("Package Modules in a Sub-directory", "Declaring
;; Channel Dependencies").

(use-modules (ice-9 match) (srfi srfi-1) (srfi srfi-26))

(define (description folder)
  "What the file .guix-channel says, an association list; an empty one where there is no such file."
  (let ((file (string-append folder "/.guix-channel")))
    (match (and (file-exists? file) (call-with-input-file file read))
      (#f '())
      (('channel . (? list? fields)) fields)
      (_ (error "its .guix-channel is not of the form (channel ...)")))))

(define (modules-of description folder)
  (match (assq-ref description 'directory)
    (((? string? directory))
     (string-join (cons folder (remove (cut member <> '("" "." "..")) (string-split directory #\/))) "/"))
    (_ folder)))

(define (dependencies-of description)
  (filter-map (match-lambda
                (('channel . (? list? fields)) (match (assq-ref fields 'name) ((name) (text name)) (_ #f)))
                (_ #f))
              (or (assq-ref description 'dependencies) '())))

(define (use-companions)
  "Have modules of companions found, after those of Guix, and their packages by Guix's own procedures."
  (define names (unfold null? car cddr (asked 'companions)))
  (define folders (unfold null? cadr cddr (asked 'companions)))
  (for-each
   (lambda (name folder)
     (define described
       (with-exception-handler
           (lambda (exception) (error (format #f "the channel '~a': ~a" name (in-words exception))))
         (lambda () (description folder))
         #:unwind? #t))
     (for-each (lambda (other)
                 (unless (member other (cons "guix" names))
                   (error (format #f "the channel '~a' depends on the channel '~a', which is not beside it: add that too"
                                  name other))))
               (dependencies-of described))
     (let ((modules (modules-of described folder)))
       (unless (file-exists? modules) (error (format #f "the channel '~a' has no folder of modules" name)))
       (set! companions (append companions (list (cons name modules))))))
   names folders)
  (unless (null? companions)
    (set! %load-path (append %load-path (map cdr companions)))
    (let ((path (from '(gnu packages) '%package-module-path)))
      (path (append (path) (map cdr companions))))))
