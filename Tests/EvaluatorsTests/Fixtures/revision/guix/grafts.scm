;; SPDX-License-Identifier: GPL-3.0-or-later
(define-module (guix grafts)
  #:export (%graft?))

(define %graft? (make-parameter #t))
