// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// What can go wrong between us and a store's daemon.
package enum StoreDaemonError: Error, Equatable, Sendable {
    /// The daemon refused or failed an operation, in its own words; the connection stays usable.
    ///
    /// `status` is the exit status a command-line client would use; Nix since 2.4 sends none, read as 1.
    case refused(message: String, status: UInt64)
    /// guix-daemon does not trust the key that the farm signs imports with.
    case keyNotAuthorized(publicFile: String)
    /// A daemon of this machine cannot be started as it is, and why.
    case cannotRun(String, String)
    /// The peer's bytes are not the daemon's protocol.
    case protocolViolation(String)
    /// The peer sent more than the connection allows.
    case limitExceeded(what: String, limit: Int)
    /// The peer's protocol is older than what this client speaks.
    case unsupportedProtocol(version: UInt64)
    /// The stream ended, failed, or was left in the middle of an operation.
    case connectionLost(String)
    /// The daemon's dialect has no such operation.
    case unsupportedOperation(String)
    /// A file or directory was not what it was said to be.
    case hashMismatch(name: String, expected: ContentHash, actual: ContentHash)
    /// A path that must be valid in the store is not.
    case notValid(StorePath)
    /// An imported archive held an item that nobody asked for.
    case unexpectedItem(StorePath)
    /// An imported item mentions others than it claims to.
    case wrongReferences(of: StorePath, claimed: [StorePath], found: [StorePath])
    /// The end of an archive came before these items.
    case missingItems([StorePath])
    /// An imported archive is larger than was allowed.
    case archiveTooLarge(limit: UInt64)
    /// A system call on a file failed with `code` (`errno`).
    case file(path: String, operation: String, code: Int32)
    /// SQLite failed while a database was written.
    case database(path: String, message: String)
}

extension StoreDaemonError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let message, _): message
        case .keyNotAuthorized(let publicFile):
            "guix-daemon does not trust the farm's key: run, as root, guix archive --authorize < \(publicFile)"
        case .cannotRun(let program, let reason): "\(program) cannot be run: \(reason)"
        case .protocolViolation(let problem): "the store's daemon broke the protocol: \(problem)"
        case .limitExceeded(let what, let limit): "the store's daemon sent \(what) beyond the limit of \(limit)"
        case .unsupportedProtocol(let version):
            "the store's daemon speaks protocol 0x\(String(version, radix: 16)), which is too old"
        case .connectionLost(let reason): "the connection to the store's daemon was lost: \(reason)"
        case .unsupportedOperation(let name): "the store's daemon cannot do this: \(name)"
        case .hashMismatch(let name, let expected, let actual):
            "\(name) has hash \(actual) where \(expected) was expected"
        case .notValid(let path): "\(path) is not in the store"
        case .unexpectedItem(let path): "the archive holds \(path), which was not asked for"
        case .wrongReferences(let path, let claimed, let found):
            "\(path) claims references \(claimed) but mentions \(found)"
        case .missingItems(let paths): "the archive lacks \(paths.map(\.description).joined(separator: ", "))"
        case .archiveTooLarge(let limit): "the archive is larger than \(limit) bytes"
        case .file(let path, let operation, let code): "\(operation) of \(path) failed with error number \(code)"
        case .database(let path, let message): "the store database \(path) could not be written: \(message)"
        }
    }
}

extension StoreDaemonError {
    /// Whether a daemon refused because of other clients at the same database; it may do what was asked a moment later.
    var isBusyDatabase: Bool {
        guard case .refused(let message, _) = self else { return false }
        return message.contains("SQLite database is busy") || message.hasSuffix("database is locked")
    }
}
