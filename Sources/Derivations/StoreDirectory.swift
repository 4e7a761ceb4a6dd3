// SPDX-License-Identifier: GPL-3.0-or-later

/// The directory that store paths begin with, as derivations write it; the files may lie elsewhere.
package struct StoreDirectory: Hashable, Sendable {
    package let path: String

    package static let guix = StoreDirectory(trusted: "/gnu/store")
    package static let nix = StoreDirectory(trusted: "/nix/store")

    private init(trusted path: String) {
        self.path = path
    }

    /// - Throws: `DerivationsError.invalidStoreDirectory` unless `path` is absolute and has no empty, `.` or
    ///   `..` part.
    package init(_ path: String) throws(DerivationsError) {
        if path == Self.guix.path || path == Self.nix.path {
            self.path = path
            return
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/"), parts.count > 1,
            parts.dropFirst().allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            path.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { throw .invalidStoreDirectory(path) }
        self.path = path
    }
}

extension StoreDirectory: CustomStringConvertible {
    package var description: String { path }
}
