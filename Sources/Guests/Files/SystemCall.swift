// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Results of system calls as errors.
enum SystemCall {
    static func message(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// Throws unless `result` tells success.
    @discardableResult
    static func check(_ result: Int32, _ operation: String, _ path: String) throws(GuestError) -> Int32 {
        if result < 0 { throw .file(path, operation: operation, code: errno) }
        return result
    }
}
