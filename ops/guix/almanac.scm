;;; SPDX-License-Identifier: GPL-3.0-or-later
;;; A Guix System service for the farm's server:
;;;
;;;   (service almanac-service-type
;;;            (almanac-configuration (arguments '("--guests" "4"))))
(define-module (almanac)
  #:use-module (gnu packages admin)
  #:use-module (gnu services)
  #:use-module (gnu services shepherd)
  #:use-module (gnu system shadow)
  #:use-module (guix gexp)
  #:use-module (guix records)
  #:export (almanac-configuration almanac-service-type))

(define-record-type* <almanac-configuration>
  almanac-configuration make-almanac-configuration almanac-configuration?
  (program   almanac-configuration-program   (default "/usr/local/bin/almanac"))
  (data      almanac-configuration-data      (default "/var/lib/almanac"))
  (arguments almanac-configuration-arguments (default '())))

(define %almanac-accounts
  (list (user-group (name "almanac") (system? #t))
        (user-account (name "almanac") (group "almanac") (system? #t)
                      (supplementary-groups '("kvm"))
                      (home-directory "/var/empty")
                      (shell (file-append shadow "/sbin/nologin")))))

(define (almanac-activation config)
  #~(let ((account (getpwnam "almanac"))
          (data #$(almanac-configuration-data config)))
      (mkdir-p data)
      (chown data (passwd:uid account) (passwd:gid account))
      (chmod data #o750)))

(define (almanac-shepherd-service config)
  (list (shepherd-service
         (provision '(almanac))
         (requirement '(networking user-processes))
         (documentation "Run the Almanac farm.")
         (start #~(make-forkexec-constructor
                   (list #$(almanac-configuration-program config) "serve"
                         "--data" #$(almanac-configuration-data config)
                         #$@(almanac-configuration-arguments config))
                   #:user "almanac" #:group "almanac"
                   #:log-file "/var/log/almanac.log"))
         (stop #~(make-kill-destructor #:grace-period 120)))))

(define almanac-service-type
  (service-type
   (name 'almanac)
   (description "Almanac, a continuous-integration time-travel farm.")
   (default-value (almanac-configuration))
   (extensions
    (list (service-extension account-service-type (const %almanac-accounts))
          (service-extension activation-service-type almanac-activation)
          (service-extension shepherd-root-service-type almanac-shepherd-service)))))
