// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import Foundation
package import Signatures

/// The farm's own key: what is imported into Guix's store is signed with it, since guix-daemon lets nothing else in, not
/// even from root.
package struct StoreSigningKey: Sendable {
    /// Holds the public key, for `guix archive --authorize`.
    package let publicFile: String
    package let publicKey: GuixPublicKey
    private let secret: GuixSecretKey

    /// Reads the key in `folder`, `signing-key.sec`; makes one where there is none.
    ///
    /// - Throws: `StoreDaemonError.file`, or `SignatureError` for a file that holds no key.
    package init(in folder: String) throws {
        let file = folder + "/signing-key.sec"
        if try StoreFile.read(file, limit: Self.largestFile) == nil {
            try Self.write(try GuixSecretKey.generate().text, to: file, mode: 0o600, isReplacing: false)
        }
        guard let bytes = try StoreFile.read(file, limit: Self.largestFile) else {
            throw StoreDaemonError.file(path: file, operation: "reading", code: ENOENT)
        }
        secret = try GuixSecretKey(parsing: String(decoding: bytes, as: UTF8.self))
        publicKey = secret.publicKey
        publicFile = folder + "/signing-key.pub"
        let text = publicKey.text + "\n"
        if try StoreFile.read(publicFile, limit: Self.largestFile) != Array(text.utf8) {
            try Self.write(text, to: publicFile, mode: 0o644, isReplacing: true)
        }
    }

    private static let largestFile = 64 << 10

    /// Whole or not at all; of two processes that make a key at once one wins, for both.
    private static func write(_ text: String, to path: String, mode: mode_t, isReplacing: Bool) throws {
        let new = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw StoreDaemonError.file(path: new, operation: "creating", code: errno) }
        defer { unlink(new) }
        let bytes = Array(text.utf8)
        let count = Foundation.write(descriptor, bytes, bytes.count)
        let code = errno
        close(descriptor)
        guard count == bytes.count else {
            throw StoreDaemonError.file(path: new, operation: "writing", code: count < 0 ? code : ENOSPC)
        }
        let isThere = isReplacing ? rename(new, path) == 0 : link(new, path) == 0 || errno == EEXIST
        guard isThere else { throw StoreDaemonError.file(path: path, operation: "creating", code: errno) }
    }

    /// Guix's signature of a SHA-256.
    package func signature(of hash: ContentHash) -> String {
        GuixSignature(of: hash, with: secret).text
    }

    /// Whether an access control list lets in what this key signed.
    ///
    /// - Parameter list: the file; nil for guix-daemon's own.
    /// - Throws: `StoreDaemonError.file` or `SignatureError` where the list cannot be read.
    package func isAuthorized(in list: String? = nil) throws -> Bool {
        let folder = ProcessInfo.processInfo.environment["GUIX_CONFIGURATION_DIRECTORY"] ?? "/etc/guix"
        let list = list ?? folder + "/acl"
        guard let bytes = try StoreFile.read(list, limit: 16 << 20) else { return false }
        return try GuixPublicKey.authorized(inList: String(decoding: bytes, as: UTF8.self)).contains(publicKey)
    }
}
