;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; Who looks after a file of a revision: the teams of etc/teams.scm with their members, and the owners that CODEOWNERS
;; names. Both are read; neither is run.

(use-modules (ice-9 match) (ice-9 rdelim) (ice-9 regex) (srfi srfi-1) (srfi srfi-26))

(define (read-file name read-item)
  "What READ-ITEM gives until the end of the checkout's file NAME; nothing where there is none, or no more after a fault."
  (let ((file (string-append checkout "/" name)))
    (if (file-exists? file)
        (call-with-input-file file
          (lambda (port)
            (let loop ((items '()))
              (let ((item (catch #t (lambda () (read-item port)) (const the-eof-object))))
                (if (eof-object? item) (reverse items) (loop (cons item items)))))))
        '())))

(define (pattern text)
  "A predicate for names of files that the whole of a regular expression matches."
  (let ((regexp (false-if-exception (make-regexp (string-append "^(" text ")$")))))
    (if regexp (lambda (file) (regexp-exec regexp file)) (const #f))))

(define (team-scope items)
  (map (match-lambda
         ((? string? file) (cut string=? file <>))
         ((_ (? string? text) . _) (let ((regexp (false-if-exception (make-regexp text))))
                                     (if regexp (lambda (file) (regexp-exec regexp file)) (const #f))))
         (_ (const #f)))
       items))

(define (teams)
  "Pairs of a predicate for names of files and the maintainers of what fits it."
  (define forms (read-file "etc/teams.scm" read))
  (define (members-of team)
    (filter-map (match-lambda
                  (('define-member (_ (? string? name) (? string? address) . _) . teams)
                   (and (memq team teams) address))
                  (_ #f))
                forms))
  (append-map
   (match-lambda
     (('define-team (? symbol? name) (_ _ . (? list? fields)))
      (match (memq #:scope fields)
        ((_ ('list . scope) . _)
         (let ((maintainers (cons (format #f "@~a" name) (members-of name))))
           (map (cut cons <> maintainers) (team-scope scope))))
        (_ '())))
     (_ '()))
   forms))

(define (owners)
  (filter-map (lambda (line)
                (match (string-tokenize (car (string-split line #\#)))
                  ((text . (? pair? maintainers)) (cons (pattern text) maintainers))
                  (_ #f)))
              (read-file "CODEOWNERS" read-line)))

(define maintainers-of
  (let ((known (make-hash-table)) (scopes #f))
    (lambda (file)
      "The maintainers of a file, separated by commas; #f where nobody is named."
      (unless scopes (set! scopes (append (teams) (owners))))
      (match (hash-get-handle known file)
        ((_ . names) names)
        (#f
         (let ((names (delete-duplicates
                       (append-map (match-lambda ((fits? . names) (if (fits? file) names '()))) scopes))))
           (hash-set! known file (and (pair? names) (string-join names ", ")))
           (maintainers-of file)))))))
