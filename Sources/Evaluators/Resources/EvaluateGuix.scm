;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; Turns a revision of Guix into derivations: loads its modules from a checkout into the Guile that runs this, without
;; building that Guix, and prints a line of JSON for each thing that happens.
;;
;; Run as: guile EvaluateGuix.scm REQUEST, where the file REQUEST holds an association list:
;;   checkout   the folder of the revision's files
;;   companions names of channels to evaluate beside it, each followed by the folder of its files
;;   scratch    a folder of this process's own
;;   load-path, compiled-path   folders of the Guile libraries that Guix needs; modules of Guix in them are not used,
;;              unless an expression is asked for, or a commit's authentication
;;   system     such as "x86_64-linux"
;;   store      the store's directory, such as "/gnu/store"
;;   select     (all), (names NAME ...), (manifest FILE), (subset NAME), (channel) or (expression FILE NAME ...), where no
;;              name means all; or (authenticate CHANNEL REPOSITORY COMMIT FINGERPRINT), which evaluates nothing
;;   commit, metadata   the revision, and what 'guix describe' would say of it
;;   seconds, module-seconds   of processor time for one package, and for one module with what it loads
;;   memory     bytes of heap at which a package is given up
;;   done       what was tried already: names of packages or of modules' files, as "start" and "loading" say them
;;
;; What is evaluated may do to this process whatever it likes: whoever reads the lines believes none of them unseen.

(use-modules (ice-9 ftw) (ice-9 match) (ice-9 textual-ports) (srfi srfi-1) (srfi srfi-26))

(define request (call-with-input-file (cadr (command-line)) read))
(define (asked key) (assq-ref request key))

(define checkout (asked 'checkout))
(define scratch (asked 'scratch))
(define system (asked 'system))
(define tried (make-hash-table))
(for-each (cut hash-set! tried <> #t) (asked 'done))

(define (load-part name) (primitive-load (string-append (dirname (car (command-line))) "/" name)))
(load-part "GuixLines.scm")
(load-part "GuixModules.scm")
(load-part "GuixMaintainers.scm")
(load-part "GuixCompanions.scm")
(load-part "GuixAuthentication.scm")

;;; The store.

(define store #f)

(define (connect)
  (set! store ((from '(guix store) 'open-connection)))
  ;; Nothing is built or fetched: not by an offload machine either.
  ((from '(guix store) 'set-build-options) store #:use-substitutes? #f #:max-build-jobs 0))

(define (without-grafts thunk)
  "Call THUNK for the system that was asked for. Grafts would need builds, and whoever installs a package grafts it."
  (let ((graft? (or (false-if-exception (from '(guix grafts) '%graft?)) (from '(guix packages) '%graft?)))
        (current (from '(guix utils) '%current-system)))
    (parameterize ((graft? #f) (current system)) (thunk))))

(define (derivation-of package)
  ((from '(guix derivations) 'derivation-file-name)
   ((from '(guix packages) 'package-derivation) store package system #:graft? #f)))

(define* (attempt key package thunk #:optional (meta '()))
  "Say which jobs THUNK, a list of names and derivations, makes of what KEY names; or why it makes none."
  (unless (hash-ref tried key)
    (say 'start `(key . ,key))
    (let ((name (if package (name-of package) key))
          (version (if package (version-of package) "")))
      (guarded
       (lambda ()
         (for-each (match-lambda
                     ((job . derivation)
                      (say 'job `(key . ,key) `(name . ,job) `(package . ,name) `(version . ,version)
                           `(derivation . ,derivation) `(meta . ,(append (if package (described package) '()) meta)))))
                   (thunk))
         (say 'end `(key . ,key)))
       (lambda (exception)
         (say 'failure `(key . ,key) `(package . ,name) `(version . ,version) `(message . ,(in-words exception)))
         (when (limit? exception)
           ;; It may have been stopped in the middle of a message to the daemon.
           (gc)
           (connect)))))))

;;; What (gnu ci) of the revision calls jobs. Until 1.2 it makes them for Hydra, later for Cuirass.

(define (dialect)
  (let ((file (string-append checkout "/gnu/ci.scm")))
    (if (and (file-exists? file)
             (string-contains (call-with-input-file file get-string-all) "(define (cuirass-jobs"))
        'cuirass
        'hydra)))

(define (job-name package)
  (string-append (if (eq? (dialect) 'cuirass) (name-of package) (full-name package)) "." system))

(define (text value) (if (symbol? value) (symbol->string value) value))

(define (job->pair job)
  "The name and derivation of a job as either dialect has it."
  (match job
    ((name . (? procedure? thunk)) (cons (text name) (text (assq-ref (thunk) 'derivation))))
    (fields (cons (text (assq-ref fields #:job-name)) (text (assq-ref fields #:derivation))))))

(define (internal module name)
  "What a module has without exporting it; #f where it has not."
  (let ((found (false-if-exception (resolve-module module #t #:ensure #f))))
    (and found (module-variable found name) (eval `(@@ ,module ,name) (resolve-module '(guile-user))))))

(define (evaluate-all)
  (define packages
    (let ((all (packages-of (load-packages))) (base (base-packages)))
      (sort (distinct (append all base))
            (lambda (one other) (string<? (full-name one) (full-name other))))))
  (define ->job (guarded (lambda () (internal '(gnu ci) 'package->job))
                         (lambda (exception)
                           (say 'problem '(module . "gnu/ci.scm") `(message . ,(in-words exception)))
                           #f)))
  (define supported? (from '(guix packages) 'supported-package?))
  (say 'total `(count . ,(length packages)))
  (let ((count (make-hash-table)))
    (for-each
     (lambda (package)
       ;; Several may have the same name and version.
       (let* ((name (full-name package)) (number (hash-ref count name 0)))
         (hash-set! count name (1+ number))
         (attempt (if (zero? number) name (format #f "~a#~a" name (1+ number))) package
                  (lambda ()
                    (cond (->job (match (->job store package system) (#f '()) (job (list (job->pair job)))))
                          ((supported? package system) (list (cons (job-name package) (derivation-of package))))
                          (else '()))))))
     packages)))

(define (base-packages)
  (or (false-if-exception
       (match (let ((inputs (from '(gnu packages base) '%final-inputs)))
                (catch 'wrong-number-of-args inputs (lambda _ (inputs system))))
         (((_ packages . _) ...) packages)))
      '()))

(define (evaluate-subset name)
  (define names (string->symbol name))
  (load-packages)
  (define jobs
    (if (eq? (dialect) 'cuirass)
        ((from '(gnu ci) 'cuirass-jobs) store
         `((subset . ,names) (systems . (,system))
           (channels . ((repository (version 0) (url ,checkout) (branch "master") (commit ,(asked 'commit))
                                    (name guix))))))
        ((from '(gnu ci) 'hydra-jobs) store
         (let ((checkout `((file-name . ,checkout) (revision . ,(asked 'commit)))))
           `((guix . ,checkout) (superior-guix-checkout . ,checkout) (subset . ,name) (systems . (,system)))))))
  (say 'total `(count . ,(length jobs)))
  (for-each (lambda (job)
              (let ((key (match job
                           ((name . (? procedure?)) (text name))
                           (fields (text (assq-ref fields #:job-name))))))
                (attempt key #f (lambda () (list (job->pair job))))))
            jobs))

;;; Packages by name, and manifests.

(define (find-package all specification)
  "The newest of the packages ALL that a specification such as guile@3.0 names, or #f."
  (define version>? (from '(guix utils) 'version>?))
  (match (string-split specification #\@)
    ((name . version)
     (match (sort (filter (lambda (package)
                            (and (string=? (name-of package) name)
                                 (match version
                                   (() #t)
                                   ((version) (or (string=? version (version-of package))
                                                  (string-prefix? (string-append version ".") (version-of package))))
                                   (_ #f))))
                          all)
                  (lambda (one other) (version>? (version-of one) (version-of other))))
       (() #f)
       ((best . _) best)))))

(define (evaluate-names names)
  (define all (packages-of (load-packages)))
  (define hidden? (from '(guix packages) 'hidden-package?))
  (define visible (remove (lambda (package) (guarded (lambda () (hidden? package)) (const #f))) all))
  (define unknown (remove (lambda (name) (find-package visible name)) names))
  (say 'total `(count . ,(length names)))
  (unless (null? unknown)
    (say 'unknown `(names . ,(list->vector unknown))
         `(known . ,(list->vector (delete-duplicates (sort (map name-of visible) string<?))))))
  (for-each (lambda (name)
              (let ((package (find-package visible name)))
                (when package
                  (attempt name package (lambda () (list (cons (job-name package) (derivation-of package))))))))
            names))

(define (lowered object)
  "The derivation of what is no package but can be made one."
  ((from '(guix derivations) 'derivation-file-name)
   ((from '(guix store) 'run-with-store) store ((from '(guix gexp) 'lower-object) object system) #:system system)))

(define (evaluate-manifest file)
  (define profiles '(guix profiles))
  (load-packages)
  (define manifest (load-here file profiles '(gnu)))
  (define entries ((from profiles 'manifest-entries) manifest))
  (define package? (from '(guix packages) 'package?))
  (say 'total `(count . ,(1+ (length entries))))
  (for-each
   (lambda (entry)
     (let* ((item ((from profiles 'manifest-entry-item) entry))
            (output ((from profiles 'manifest-entry-output) entry))
            (name ((from profiles 'manifest-entry-name) entry))
            (key (if (string=? output "out") name (string-append name ":" output))))
       (attempt key (and (package? item) item)
                (lambda ()
                  (list (if (package? item)
                            (cons (job-name item) (derivation-of item))
                            (cons (string-append key "." system) (lowered item)))))
                `((output . ,output)))))
   entries)
  (attempt "profile" #f
           (lambda ()
             (list (cons (string-append "profile." system)
                         ((from '(guix derivations) 'derivation-file-name)
                          ((from '(guix store) 'run-with-store) store
                           ((from profiles 'profile-derivation) manifest) #:system system)))))))

;;; Guix itself, as 'guix time-machine' and 'guix pull' build it.

(define (evaluate-channel)
  (define derive (from '(guix self) 'guix-derivation))
  (define (derivation . rest)
    ((from '(guix store) 'run-with-store) store
     (apply derive checkout (asked 'commit) "3.0" #:pull-version 1 rest) #:system system))
  (say 'total '(count . 1))
  (attempt "guix" #f
           (lambda ()
             (match (catch 'keyword-argument-error
                      (lambda () (derivation #:channel-metadata (asked 'metadata)))
                      ;; Until 1.2 a Guix did not remember where it came from.
                      (lambda _ (derivation)))
               (#f (error "this Guix is too old to be built as a channel"))
               (drv (list (cons (string-append "guix." system)
                                ((from '(guix derivations) 'derivation-file-name) drv))))))))

;;; A file of a channel that is not Guix itself: its value is a procedure that gives names and, of each, a thunk.

(define (evaluate-expression file names)
  (define all ((load-here (string-append checkout "/" file)) store system))
  (define jobs (if (null? names) all (filter (match-lambda ((name . _) (member name names))) all)))
  (define unknown (remove (cut assoc <> all) names))
  (unless (null? unknown)
    (say 'unknown `(names . ,(list->vector unknown))
         `(known . ,(list->vector (sort (map car all) string<?)))))
  (say 'total `(count . ,(length jobs)))
  (for-each (match-lambda
              ((name . thunk)
               (attempt name #f
                        (lambda () (list (cons name ((from '(guix derivations) 'derivation-file-name) (thunk))))))))
            jobs))

(define (evaluate select)
  (match select
    (('all) (evaluate-all))
    (('names names ...) (evaluate-names names))
    (('manifest file) (evaluate-manifest file))
    (('subset name) (evaluate-subset name))
    (('channel) (evaluate-channel))
    (('expression file names ...) (evaluate-expression file names))))

(match (asked 'select)
  (('authenticate name repository first-commit signer)
   (use-present)
   (authenticate name repository first-commit signer)
   (primitive-exit 0))
  (('expression _ ...) (use-present))
  (_ (use-checkout)
     (tell-of-loading)
     (when (eq? (dialect) 'hydra)
       (autoload-whole-modules)
       (provide-guile-2.2))))

(with-exception-handler
    (lambda (exception)
      (say 'broken `(message . ,(in-words exception)))
      (format (current-error-port) "~s~%" exception)
      (primitive-exit 1))
  (lambda ()
    (connect)
    (use-companions)
    (without-grafts (lambda () (evaluate (asked 'select))))
    (say 'done))
  #:unwind? #t)
