;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; What Guix itself checks of a channel before anything of it is evaluated: that each commit since the channel's
;; introduction was signed by somebody whom the commit before it authorises ("Channel Authentication" in the Guix manual).

(use-modules (ice-9 match))

(define (git-words exception)
  "What libgit2 says of an exception of its own; #f where it is none."
  (match (exception-args exception)
    ((error _ ...) (false-if-exception ((from '(git) 'git-error-message) error)))
    (_ #f)))

(define (words-of-guix exception)
  "A message that Guix made for people; #f where there is none."
  (define diagnostics '(guix diagnostics))
  (and (false-if-exception ((from diagnostics 'formatted-message?) exception))
       (apply format #f ((from diagnostics 'formatted-message-string) exception)
              ((from diagnostics 'formatted-message-arguments) exception))))

(define (work-tree repository)
  "A folder in which Guix finds the channel's repository, and what the revision says of its keyring."
  (let ((folder (string-append scratch "/channel"))
        (description (string-append checkout "/.guix-channel")))
    (mkdir folder)
    (symlink repository (string-append folder "/.git"))
    (when (file-exists? description) (copy-file description (string-append folder "/.guix-channel")))
    folder))

(define (authenticate name repository first-commit signer)
  "Have Guix check the commit of the request, in REPOSITORY, from FIRST-COMMIT on, which SIGNER signed."
  (define channels '(guix channels))
  (define channel
    (eval `(channel (name ',(string->symbol name)) (url ,repository)
                    (introduction
                     (make-channel-introduction ,first-commit (openpgp-fingerprint->bytevector ,signer))))
          (resolve-module channels)))
  (define said (open-output-string))
  (with-exception-handler
      (lambda (exception)
        (say 'broken `(message . ,(or (words-of-guix exception) (git-words exception) (in-words exception)))))
    (lambda ()
      (parameterize ((current-error-port said))
        ;; The mirror's branches are its own, not those of an "origin".
        ((from channels 'authenticate-channel) channel (work-tree repository) (asked 'commit)
         #:keyring-reference-prefix ""))
      ;; Before the first line's end there are how many commits were looked at, after it the pieces of a progress bar.
      (say 'note `(message . ,(match (string-split (get-output-string said) #\newline)
                                ((line _ ...) (string-trim-both line)))))
      (say 'done))
    #:unwind? #t))
