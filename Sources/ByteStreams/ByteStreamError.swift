// SPDX-License-Identifier: GPL-3.0-or-later

/// What can go wrong with a byte stream.
package enum ByteStreamError: Error, Equatable, Sendable {
    /// The stream was closed on this side, before or during the operation.
    case closed
    /// The peer has closed the stream and takes no more bytes.
    case peerClosed
    /// A system call failed with `code` (`errno`).
    case system(operation: String, code: Int32)
    /// No process could be started from `executable`; `code` is an `errno`.
    case cannotStart(executable: String, code: Int32)
    /// A socket's path is longer than the system allows.
    case socketPathTooLong(String)
}

extension ByteStreamError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .closed: "the stream is closed"
        case .peerClosed: "the peer closed the stream"
        case .system(let operation, let code): "\(operation) failed with error number \(code)"
        case .cannotStart(let executable, let code):
            "\(executable) could not be started (error number \(code)): check that it is installed"
        case .socketPathTooLong(let path): "the socket path \(path) is too long: use a shorter directory"
        }
    }
}
