// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct ExportArchiveTests {
    private let item: ExportedItem
    private let archive: [UInt8]

    init() throws {
        let path = try StorePath(parsing: "/gnu/store/00000000000000000000000000000000-a")
        let other = try StorePath(parsing: "/gnu/store/00000000000000000000000000000001-b")
        item = ExportedItem(path: path, references: [path, other], deriver: nil, signature: nil)
        var encoder = WireEncoder()
        for word in ["nix-archive-1", "(", "type", "symlink", "target", "x", ")"] { encoder.text(word) }
        archive = encoder.bytes
    }

    private func decode(
        _ bytes: [UInt8], pieces: Int = Int.max, isSingle: Bool = false
    ) throws -> [(ExportedItem, [UInt8])] {
        var decoder = ExportDecoder(isSingle: isSingle)
        var found: [(ExportedItem, [UInt8])] = []
        var archive: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try decoder.read(rest.prefix(pieces)) { event in
                switch event {
                case .archiveBegin: archive = []
                case .archiveBytes(let bytes): archive += bytes
                case .archive: break
                case .item(let item): found.append((item, archive))
                }
            }
            rest = rest.dropFirst(count)
            if decoder.isFinished { break }
        }
        try decoder.finish()
        #expect(decoder.offset == UInt64(bytes.count))
        return found
    }

    @Test(arguments: [1, 5, 8, 64, Int.max]) func `items and archives come out as they went in`(pieces: Int) throws {
        let signed = ExportedItem(
            path: item.references[1], references: [], deriver: item.path, signature: "(signature)")
        let bytes =
            ExportArchive.itemMark + archive + item.trailer() + ExportArchive.itemMark + archive
            + signed.trailer() + ExportArchive.endMark
        let found = try decode(bytes, pieces: pieces)
        #expect(found.map(\.0) == [item, signed])
        #expect(found.map(\.1) == [archive, archive])
    }

    @Test func `a single item needs no marks`() throws {
        #expect(try decode(archive + item.trailer(), isSingle: true).map(\.0) == [item])
    }

    @Test func `an export without items is one`() throws {
        #expect(try decode(ExportArchive.endMark).isEmpty)
    }

    @Test func `every beginning of an export is refused`() throws {
        let bytes = ExportArchive.itemMark + archive + item.trailer() + ExportArchive.endMark
        for count in 0..<bytes.count {
            #expect(throws: DerivationsError.self) { try decode(Array(bytes.prefix(count))) }
        }
    }

    @Test func `too many references are refused before they are read`() throws {
        var encoder = WireEncoder()
        encoder.integer(0x4558_494e)
        encoder.path(item.path)
        encoder.integer(1 << 40)
        #expect(throws: DerivationsError.self) {
            try decode(ExportArchive.itemMark + archive + encoder.bytes)
        }
    }
}

/// Exports that `guix archive` made; skipped where the recordings are not beside the checkout.
@Suite(.enabled(if: RecordedGuix.isPresent, "the recordings of a real Guix are not beside the checkout"))
struct RecordedExportTests {
    @Test(arguments: [("probe.export", 1), ("probe-info.export", 1), ("tree.export", 1)])
    func `a signed export of a real guix-daemon is read`(name: String, count: Int) throws {
        let bytes = try RecordedGuix.sample(name)
        var decoder = ExportDecoder()
        var items: [ExportedItem] = []
        var hasher = ContentHasher()
        var hash: ContentHash?
        _ = try decoder.read(bytes[...]) { event in
            switch event {
            case .archiveBegin, .archive: break
            case .archiveBytes(let bytes): hasher.update(bytes)
            case .item(let item):
                hasher.update(item.signedTrailer())
                hash = hasher.finalize()
                hasher = ContentHasher()
                items.append(item)
            }
        }
        try decoder.finish()
        #expect(items.count == count)
        let signed = try #require(items.last?.signature)
        let digest = try #require(hash).base16.uppercased()
        #expect(signed.contains("(hash sha256 #\(digest)#)"), "the signature is over what was read")
        let last = try #require(items.last)
        #expect(bytes.suffix(last.trailer().count + 8).elementsEqual(last.trailer() + ExportArchive.endMark))
    }

    @Test func `a tampered export has another hash than was signed`() throws {
        let bytes = try RecordedGuix.sample("probe.tampered.export")
        var decoder = ExportDecoder()
        var hasher = ContentHasher()
        var item: ExportedItem?
        _ = try decoder.read(bytes[...]) { event in
            if case .archiveBytes(let bytes) = event { hasher.update(bytes) }
            if case .item(let read) = event { item = read }
        }
        let read = try #require(item)
        hasher.update(read.signedTrailer())
        let digest = hasher.finalize().base16.uppercased()
        #expect(read.signature?.contains("#\(digest)#") == false)
    }
}
