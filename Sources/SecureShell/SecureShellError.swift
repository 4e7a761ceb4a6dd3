// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a session, channel or command over SSH did not do what was asked.
package enum SecureShellError: Error, Equatable {
    /// A key could not be made or read.
    case key(String)
    /// The peer never became a usable SSH server.
    case connection(String)
    /// The peer showed another host key than the pinned one.
    case wrongHostKey
    case authentication(String)
    /// The session, once open, broke.
    case broken(String)
    case channel(String)
    /// The command ended without saying how.
    case noExitStatus
    /// A command printed more than its caller was ready to keep.
    case tooMuchOutput(limit: Int)
    case timeLimit(Duration)
}

extension SecureShellError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .key(let reason): "SSH key: \(reason)"
        case .connection(let reason): "no SSH connection: \(reason)"
        case .wrongHostKey: "the SSH server showed another host key than the one made for it"
        case .authentication(let reason): "the SSH server refused our key: \(reason)"
        case .broken(let reason): "the SSH connection broke: \(reason)"
        case .channel(let reason): "SSH channel: \(reason)"
        case .noExitStatus: "the remote command ended without an exit status"
        case .tooMuchOutput(let limit): "the remote command printed more than \(limit) bytes"
        case .timeLimit(let limit): "no answer within \(limit)"
        }
    }
}
