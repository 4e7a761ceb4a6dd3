;; SPDX-License-Identifier: GPL-3.0-or-later
;; The Guix of 14 April 2020 that docs/redeploying.md takes an environment from.
(list (channel
       (name 'guix)
       (url "https://git.guix.gnu.org/guix.git")
       (branch "master")
       (commit "1971d11db9ed9683d5036cd4c62deb564842e1f6")
       (introduction
        (make-channel-introduction
         "9edb3f66fd807b096b48283debdcddccfea34bad"
         (openpgp-fingerprint
          "BBB0 2DDF 2CEA F6A8 0D1D  E643 A2A0 6DF2 A33A 54FA")))))
