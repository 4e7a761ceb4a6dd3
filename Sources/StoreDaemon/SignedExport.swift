// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

/// The bytes of an export of checked items, each signed here, in the pieces that guix-daemon asks for.
actor SignedExport {
    private let key: StoreSigningKey
    private let deriver: StorePath?
    private var items: ArraySlice<SpooledItem>
    private var open: OpenItem?
    /// Bytes that are ready.
    private var ready: ArraySlice<UInt8> = []
    private var isEnded = false

    /// - Parameter items: each after those that it mentions.
    init(_ items: [SpooledItem], deriver: StorePath?, key: StoreSigningKey) {
        self.items = items[...]
        self.deriver = deriver
        self.key = key
    }

    /// The item whose archive is being sent.
    private struct OpenItem: ~Copyable {
        let item: SpooledItem
        var offset: UInt64 = 0
        var hasher = ContentHasher()
    }

    /// At most so many bytes; none after the end.
    func next(_ limit: Int) throws -> [UInt8] {
        while ready.isEmpty {
            guard try prepare() else { return [] }
        }
        defer { ready = ready.dropFirst(limit) }
        return Array(ready.prefix(limit))
    }

    /// - Returns: false at the end.
    private func prepare() throws -> Bool {
        if var archive = open.take() {
            if let bytes = try archive.item.bytes(from: archive.offset) {
                archive.hasher.update(bytes)
                archive.offset += UInt64(bytes.count)
                open = consume archive
                ready = bytes[...]
            } else {
                ready = trailer(consume archive)[...]
            }
        } else if let item = items.popFirst() {
            open = OpenItem(item: item)
            ready = ExportArchive.itemMark[...]
        } else if !isEnded {
            isEnded = true
            ready = ExportArchive.endMark[...]
        } else {
            return false
        }
        return true
    }

    private func trailer(_ archive: consuming OpenItem) -> [UInt8] {
        let item = archive.item
        let bare = ExportedItem(path: item.path, references: item.references, deriver: deriver)
        archive.hasher.update(bare.signedTrailer())
        let signature = key.signature(of: archive.hasher.finalize())
        return ExportedItem(path: item.path, references: item.references, deriver: deriver, signature: signature)
            .trailer()
    }
}
