// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Why the guest cannot be used, as it is told to the host.
struct Failure: Error {
    let message: Bytes

    init(_ message: Bytes) { self.message = message }

    /// A kernel call that failed just now.
    init(_ what: StaticString, _ subject: Bytes, code: Int32 = linux_errno()) {
        let reason = bytes(strerror(code))
        message = bytes(what) + bytes(" ") + subject + bytes(": ") + reason
    }
}

/// Throws unless a kernel call's result tells success.
func check(_ result: Int32, _ what: StaticString, _ subject: Bytes) throws(Failure) {
    if result < 0 { throw Failure(what, subject) }
}
