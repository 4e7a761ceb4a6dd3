// SPDX-License-Identifier: GPL-3.0-or-later

/// What follows an item's archive in an export: which item it was, and what it mentions.
package struct ExportedItem: Hashable, Sendable {
    package let path: StorePath
    package let references: [StorePath]
    package let deriver: StorePath?
    /// Guix's signature, a canonical s-expression; nil where the export is not signed.
    package let signature: String?

    package init(path: StorePath, references: [StorePath], deriver: StorePath?, signature: String? = nil) {
        self.path = path
        self.references = references
        self.deriver = deriver
        self.signature = signature
    }

    /// The bytes between the archive and the signature; a signature is over these and the archive.
    package func signedTrailer() -> [UInt8] {
        var encoder = WireEncoder()
        encoder.integer(ExportArchive.magic)
        encoder.path(path)
        encoder.paths(references)
        encoder.path(deriver)
        return encoder.bytes
    }

    /// All bytes that follow the archive.
    package func trailer() -> [UInt8] {
        var encoder = WireEncoder()
        encoder.boolean(signature != nil)
        if let signature { encoder.text(signature) }
        return signedTrailer() + encoder.bytes
    }
}

/// The format of `nix-store --export` and `guix archive --export`: items one after another, each an archive
/// (NAR) between marks, and what `ExportedItem` holds.
package enum ExportArchive {
    /// "NIXE", after each archive.
    static let magic: UInt64 = 0x4558_494e

    /// Before each item.
    package static let itemMark: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    /// After the last item.
    package static let endMark: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]

    /// References that one item may have.
    static let mostReferences = 100_000
    static let signatureBytes = 16 << 10
    static let pathBytes = 4096
}

/// What an export says, in its order.
package enum ExportEvent: Sendable {
    /// An item's archive begins.
    case archiveBegin
    /// The archive's bytes, as they are.
    case archiveBytes(ArraySlice<UInt8>)
    /// What those bytes mean.
    case archive(ArchiveEvent)
    /// The item is complete.
    case item(ExportedItem)
}
