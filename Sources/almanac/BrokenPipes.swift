// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

enum BrokenPipes {
    /// Makes writing to a program that has ended an error of that write, instead of the end of this process. Programs that
    /// are started later are not affected.
    ///
    /// For what runs for long; a command whose output goes to `head` is to end with it.
    static func areErrors() {
        signal(SIGPIPE, SIG_IGN)
    }
}
