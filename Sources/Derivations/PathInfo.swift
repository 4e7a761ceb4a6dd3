// SPDX-License-Identifier: GPL-3.0-or-later

/// What a store knows of one valid item.
package struct PathInfo: Hashable, Sendable {
    package var path: StorePath
    /// The `.drv` it was built from; nil for a source.
    package var deriver: StorePath?
    /// SHA-256 of its archive.
    package var narHash: ContentHash
    /// Bytes in its archive.
    package var narSize: UInt64
    /// Items that it mentions, itself perhaps among them, in order.
    package var references: [StorePath]
    /// Seconds since 1970.
    package var registrationTime: Int64
    /// Whether this store built it itself.
    package var isUltimate: Bool
    package var signatures: [String]
    /// For an item named by its contents, how: for example `fixed:r:sha256:…`.
    package var contentAddress: String?

    package init(
        path: StorePath, deriver: StorePath? = nil, narHash: ContentHash, narSize: UInt64,
        references: [StorePath] = [], registrationTime: Int64 = 0, isUltimate: Bool = false,
        signatures: [String] = [], contentAddress: String? = nil
    ) {
        self.path = path
        self.deriver = deriver
        self.narHash = narHash
        self.narSize = narSize
        self.references = references.sorted()
        self.registrationTime = registrationTime
        self.isUltimate = isUltimate
        self.signatures = signatures
        self.contentAddress = contentAddress
    }
}
