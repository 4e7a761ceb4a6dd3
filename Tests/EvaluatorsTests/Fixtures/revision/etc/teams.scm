;;; SPDX-License-Identifier: GPL-3.0-or-later
#!/bin/sh
# A program for its shell: only what is defined in it is read.
exec false
!#
(define-record-type <person> (make-person name email) person?)
(define-team some
  (team 'some
        #:name "The team of some"
        #:scope
        (list "gnu/packages/other.scm"
              (make-regexp* "^gnu/packages/so(me|on)\\.scm$" regexp/icase))))
(define-team rest (team 'rest #:scope (list (make-regexp* "^guix/(") "gnu/packages/some.scmx")))
(define-team nobody (team 'nobody #:description "It has no scope"))
(define-member (person "Ada" "ada@example.org") some rest)
(define-member (person "Bob" "bob@example.org" "bob-on-a-forge") some)
(define-member (person "Eve" "eve@example.org") rest)
(system* "touch" "/tmp/it-was-run")
