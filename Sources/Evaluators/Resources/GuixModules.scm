;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; Where EvaluateGuix.scm finds modules: those of Guix in the checkout, and nowhere else; and the packages in them.

(use-modules (ice-9 ftw) (ice-9 match) (ice-9 textual-ports) (srfi srfi-1) (srfi srfi-26))

;;; Where modules come from.

(define (without-guix directory)
  "A folder with what DIRECTORY has except modules of Guix: those of the checkout are to be used, and only they."
  (define entries (or (scandir directory (lambda (name) (not (member name '("." ".."))))) '()))
  (define (of-guix? name) (member (car (string-split name #\.)) '("guix" "gnu")))
  (if (any of-guix? entries)
      (let ((copy (format #f "~a/modules-~a" scratch (string-hash directory))))
        (unless (file-exists? copy)
          (mkdir copy)
          (for-each (lambda (name) (symlink (string-append directory "/" name) (string-append copy "/" name)))
                    (remove of-guix? entries)))
        copy)
      directory))

(define (configuration)
  "The revision's own (guix config), filled in as a usual installation has it, so that derivations are those of one."
  (define values
    `(("PACKAGE_NAME" . "GNU Guix") ("PACKAGE_VERSION" . ,(or (asked 'commit) "0"))
      ("PACKAGE_BUGREPORT" . "bug-guix@gnu.org") ("PACKAGE_URL" . "https://guix.gnu.org")
      ("GUIX_CHANNEL_URL" . "#f") ("GUIX_CHANNEL_COMMIT" . "#f") ("GUIX_CHANNEL_INTRODUCTION" . "#f")
      ("storedir" . ,(asked 'store)) ("guix_localstatedir" . "/var") ("localstatedir" . "/var")
      ("guix_sysconfdir" . "/etc") ("sysconfdir" . "/etc") ("guix_system" . ,system)
      ("GIT" . "git") ("GZIP" . "gzip") ("BZIP2" . "bzip2") ("XZ" . "xz") ("LIBGCRYPT" . "libgcrypt")
      ("LIBZ" . "libz") ("LIBLZ" . "liblz") ("guix_prefix" . "/usr/local")))
  ;; Every other piece between two '@' is the name of a value.
  (let loop ((pieces (string-split (call-with-input-file (string-append checkout "/guix/config.scm.in") get-string-all)
                                   #\@))
             (result '()))
    (match pieces
      ((text) (string-concatenate-reverse (cons text result)))
      ((text name . rest)
       (if (string-every (char-set-adjoin char-set:letter+digit #\_) name)
           (loop rest (cons* (or (assoc-ref values name) "") text result))
           (loop (cons name rest) (cons* "@" text result)))))))

(define (use-checkout)
  (let ((own (string-append scratch "/configuration")))
    (mkdir own)
    (mkdir (string-append own "/guix"))
    (call-with-output-file (string-append own "/guix/config.scm") (cut display (configuration) <>))
    (set! %load-path
      (cons* checkout own (map without-guix (delete-duplicates (append (asked 'load-path) %load-path)))))
    (set! %load-compiled-path
      (map without-guix (delete-duplicates (append (asked 'compiled-path) %load-compiled-path))))))

(define (provide-guile-2.2)
  "Define what revisions written for Guile 2.2 ask of the compiler when they are loaded; builders, not they, compile."
  (for-each (match-lambda
              ((module . name)
               (let ((found (false-if-exception (resolve-module module))))
                 (when (and found (not (module-variable (module-public-interface found) name)))
                   (module-define! found name (const '()))
                   (module-export! found (list name))))))
            '(((language tree-il optimize) . tree-il-default-optimization-options)
              ((language cps optimize) . cps-default-optimization-options))))

(define (autoload-whole-modules)
  "Have '#:autoload' make all of a module visible once a name that it lists is used, as Guile did until 3.0.5.

Modules of that time use names that they do not list."
  (define (autoload-interface module name listed)
    (define (lookup self symbol define?)
      (and (memq symbol listed)
           (let ((interface (module-public-interface (resolve-module name)))
                 (uses (memq self (module-uses module))))
             (when uses (set-car! uses interface))
             (module-local-variable interface symbol))))
    (let ((interface (make-module 0 '() lookup)))
      (set-module-kind! interface 'autoload)
      (set-module-name! interface name)
      interface))
  (module-set! (resolve-module '(guile)) 'make-autoload-interface autoload-interface))

(define (use-present)
  (set! %load-path (delete-duplicates (append (asked 'load-path) %load-path)))
  (set! %load-compiled-path (delete-duplicates (append (asked 'compiled-path) %load-compiled-path))))

(define (from module name)
  "The value of NAME in MODULE, where it may be syntax that stands for a procedure."
  (eval `(@ ,module ,name) (resolve-module '(guile-user))))

(define (load-here file . modules)
  "The value of FILE's last expression, which sees MODULES."
  (let ((place (make-fresh-user-module)))
    (for-each (lambda (module) (module-use! place (resolve-interface module))) modules)
    (save-module-excursion (lambda () (set-current-module place) (primitive-load file)))))

;;; Modules and packages.

(define companions '()) ; Names of channels beside Guix's own, each with the folder that is on the load path for it.

(define (package-files)
  "Pairs of a folder on the load path and a file of a package module in it, sorted."
  (define (below root folder)
    (define (relative name) (if (string-null? folder) name (string-append folder "/" name)))
    (append-map (match-lambda
                  ((or "." ".." "patches" "aux-files") '())
                  (name
                   (let ((file (string-append root "/" (relative name))))
                     (cond ((string-suffix? ".scm" name) (list (relative name)))
                           ((eq? 'directory (stat:type (lstat file))) (below root (relative name)))
                           (else '())))))
                (scandir (string-append root "/" folder))))
  (define (module? file) (string-contains (call-with-input-file file get-string-all) "(define-module"))
  (append (map (cut cons checkout <>) (below checkout "gnu/packages"))
          (append-map (match-lambda
                        ((_ . root)
                         (filter-map (lambda (file) (and (module? (string-append root "/" file)) (cons root file)))
                                     (below root ""))))
                      companions)))

(define (short-name file)
  "A file's name relative to the checkout, or to the channel that it begins with; or as it is."
  (or (any (match-lambda
             ((label . root)
              (let ((root (string-append root "/")))
                (and (string-prefix? root file) (string-append label (string-drop file (string-length root)))))))
           (alist-cons "" checkout
                       (map (match-lambda ((name . root) (cons (string-append name ":") root))) companions)))
      file))

;; The file at which loading failed, and why; others that import it may have been the ones asked for.
(define interrupted (make-hash-table))

(define (loading-file)
  "The file that is being loaded, in short; or #f."
  (and=> (and=> (current-load-port) port-filename) short-name))

(define (load-module name file failed)
  "The interface of the module NAME in FILE, or what FAILED makes of why there is none."
  (define innermost #f)
  (guarded
   (lambda ()
     (with-exception-handler
         (lambda (exception)
           ;; Nothing of the load is unwound yet.
           (set! innermost (loading-file))
           (raise-continuable exception))
       (lambda () (resolve-interface name))))
   (lambda (exception)
     (let ((message (in-words exception)))
       (hash-set! interrupted (or innermost file) message)
       (failed (if (member innermost (list #f file)) message (string-append "in " innermost ": " message)))))
   (asked 'module-seconds)))

(define (tell-of-loading)
  "Say now and then how many files were loaded: where nothing is compiled, most of the time is spent so."
  (define count 0)
  (set! %load-hook (lambda (file)
                     (set! count (1+ count))
                     (when (zero? (modulo count 10)) (say 'loaded `(count . ,count))))))

(define (load-packages)
  "Load every module of packages that loads, and give their interfaces.

Modules import each other in circles, which load from some sides only: this is one, (gnu ci) or (gnu) may be none.
A module whose load was interrupted while another imported it is there all the same, with what it had defined by then."
  (filter-map
   (match-lambda
     ((root . path)
      (define file (short-name (string-append root "/" path)))
      (define (problem message) (say 'problem `(module . ,file) `(message . ,message)) #f)
      (and (not (hash-ref tried file))
           (let ((slash (or (and=> (string-rindex path #\/) 1+) 0)))
             (say 'loading `(module . ,file))
             (let ((interface (load-module (map string->symbol (string-split (string-drop-right path 4) #\/)) file
                                           problem)))
               (unless (or (not interface)
                           (autoload-done-or-in-progress? (string-take path slash)
                                                          (substring path slash (- (string-length path) 4))))
                 (problem (string-append "only a part of it was loaded: "
                                         (hash-ref interrupted file "a module that it imports does not load"))))
               interface)))))
   (package-files)))

(define (distinct packages)
  (let ((seen (make-hash-table)))
    (filter (lambda (package) (and (not (hashq-ref seen package)) (begin (hashq-set! seen package #t) #t)))
            packages)))

(define (packages-of modules)
  "Every package that MODULES export, replacements too, without those that others have superseded."
  (define package? (from '(guix packages) 'package?))
  (define replacement (from '(guix packages) 'package-replacement))
  (define superseded (from '(guix packages) 'package-superseded))
  (define found '())
  (for-each
   (lambda (module)
     (module-for-each
      (lambda (_ variable)
        (let ((value (and (variable-bound? variable) (variable-ref variable))))
          (when (package? value)
            (guarded
             (lambda ()
               (cond ((replacement value) => (lambda (other) (set! found (cons* value other found))))
                     ((superseded value) #f)
                     (else (set! found (cons value found)))))
             (lambda (exception) (set! found (cons value found)))))))
      module))
   modules)
  (distinct found))

(define of-package
  (let ((accessors (make-hash-table)))
    (lambda (name package)
      "What the accessor NAME of (guix packages) gives for PACKAGE."
      ((or (hashq-ref accessors name)
           (let ((accessor (from '(guix packages) name))) (hashq-set! accessors name accessor) accessor))
       package))))

(define (name-of package) (of-package 'package-name package))
(define (version-of package) (of-package 'package-version package))
(define (full-name package) (string-append (name-of package) "-" (version-of package)))

(define (described package)
  "What the revision says of a package, texts only."
  (define (text accessor)
    (let ((value (false-if-exception (of-package accessor package))))
      (and (string? value) (string-take value (min 500 (string-length value))))))
  (define location (false-if-exception (of-package 'package-location package)))
  (define file (false-if-exception ((from '(guix utils) 'location-file) location)))
  (define line (false-if-exception ((from '(guix utils) 'location-line) location)))
  (define released (false-if-exception (assq-ref (of-package 'package-properties package) 'release-date)))
  (filter cdr `((synopsis . ,(text 'package-synopsis)) (homepage . ,(text 'package-home-page))
                (location . ,(and file line (format #f "~a:~a" file line)))
                (maintainers . ,(and file (false-if-exception (maintainers-of file))))
                (release . ,(and (string? released) released)))))
