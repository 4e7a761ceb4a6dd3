;; SPDX-License-Identifier: GPL-3.0-or-later
;;
;; Every file of packages/ as a derivation: what default.nix does, for the Guix engine. The same files give the same
;; derivations, byte for byte, since both name every variable that the builder sees. No package of Guix is used.
;;
;; Its value is a procedure of the store and the system: names, and for each a thunk that gives its derivation.

(use-modules (guix derivations) (guix store) (guix base16) (json)
             (ice-9 ftw) (ice-9 match) (srfi srfi-1) (srfi srfi-26))

(define here (dirname (current-filename)))

(define (read-json file) (call-with-input-file (string-append here "/" file) json->scm))

(define* (field object name #:optional default)
  (match (assoc name object) ((_ . value) value) (#f default)))

(define (strings object name) (vector->list (field object name #())))

;; What the files of packages/ say, by the name in them.
(define definitions
  (map (lambda (file)
         (let ((package (read-json (string-append "packages/" file))))
           (cons (field package "name") package)))
       (scandir (string-append here "/packages") (cut string-suffix? ".json" <>))))

(define (look-up name)
  (or (assoc-ref definitions name) (error "no file of packages/ has this name:" name)))

;; What a store item may not be called.
(define (store-name name) (string-map (lambda (character) (if (memv character '(#\~ #\: #\%)) #\- character)) name))

;; The names of a package's dependencies and of theirs, each once.
(define (closure names)
  (fold (lambda (name seen)
          (if (member name seen)
              seen
              (append seen (remove (cut member <> seen)
                                   (append (closure (strings (look-up name) "dependencies")) (list name))))))
        '() names))

(define* (raw store system name builder arguments variables #:rest rest)
  (apply derivation store name builder arguments
         #:system system
         #:env-vars `(("name" . ,name) ("builder" . ,builder) ("system" . ,system) ,@variables)
         rest))

;; One file as a fixed output. It is fetched outside of any guest, by whoever reads "builtin:fetchurl"; the daemon
;; never runs it.
(define (fetch store system url sha256)
  (raw store system (store-name (last (string-split url #\/))) "builtin:fetchurl" '()
       `(("url" . ,url) ("outputHashMode" . "flat") ("outputHashAlgo" . "sha256") ("outputHash" . ,sha256)
         ("preferLocalBuild" . "1"))
       #:hash-algo 'sha256 #:hash (base16-string->bytevector sha256)))

;; The one program that everything starts from: a static busybox, taken out of Debian's package.
(define (bootstrap store system)
  (let* ((file (read-json "bootstrap.json")) (text (cut field file <>)))
    (raw store system (string-append "busybox-" (text "version")) "builtin:unpack-debian" '()
         `(("url" . ,(text "url")) ("member" . ,(text "member")) ("archiveHash" . ,(text "sha256"))
           ("outputHashMode" . "recursive") ("outputHashAlgo" . "sha256") ("outputHash" . ,(text "unpacked"))
           ("preferLocalBuild" . "1"))
         #:hash-algo 'sha256 #:hash (base16-string->bytevector (text "unpacked")) #:recursive? #t)))

(define (build store system busybox script made)
  "A procedure that gives the derivation of a package; MADE keeps those of before."
  (define (make name)
    (or (hash-ref made name)
        (let ((drv (make-new (look-up name)))) (hash-set! made name drv) drv)))
  (define (make-new package)
    (let* ((text (lambda* (name #:optional (default "")) (field package name default)))
           (sources (map (match-lambda ((url . sha256) (fetch store system url sha256)))
                         (sort (field package "sources" '()) (lambda (one other) (string<? (car one) (car other))))))
           (inputs (map make (closure (strings package "dependencies"))))
           (output (lambda (drv) (derivation->output-path drv))))
      (raw store system (store-name (string-append (text "name") "-" (text "version")))
           (string-append (output busybox) "/bin/busybox") (list "sh" "-e" script)
           `(("version" . ,(text "version")) ("pname" . ,(text "name")) ("busybox" . ,(output busybox))
             ("sources" . ,(string-join (map output sources))) ("inputs" . ,(string-join (map output inputs)))
             ("kind" . ,(text "kind" "python")) ("directory" . ,(text "directory")) ("test" . ,(text "test"))
             ("install" . ,(string-join (strings package "install"))) ("timezone" . ,(text "timezone" "UTC"))
             ("released" . ,(text "released")))
           #:inputs (map derivation-input (delete-duplicates (cons busybox (append sources inputs))))
           #:sources (list script))))
  make)

(lambda (store system)
  (let ((make (build store system (bootstrap store system)
                     (add-to-store store "build.sh" #t "sha256" (string-append here "/build.sh"))
                     (make-hash-table))))
    (map (match-lambda ((name . _) (cons name (lambda () (make name))))) definitions)))
