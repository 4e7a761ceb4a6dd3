// SPDX-License-Identifier: GPL-3.0-or-later

/// The programs of a guest, on a read-only disk in `images/`.
package struct GuestImage: Codable, Hashable, Sendable {
    /// An erofs file system.
    package let userland: String
    package let flavour: String
    /// SHA-256, base 16, of everything in it.
    package let hash: String

    package init(userland: String, flavour: String, hash: String) {
        self.userland = userland
        self.flavour = flavour
        self.hash = hash
    }
}
