// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import ThreadExecutors

/// Takes an export apart as it arrives and keeps its items in unnamed files until all of it was checked.
///
/// What the export claims is not believed: an item must be expected, its size bounded, and the references it
/// claims must be those found in its bytes.
actor ArchiveSpool {
    private let executor = ThreadExecutor(name: "archive spool")
    private let directory: String
    private let expected: Set<StorePath>
    private let mentionable: [StorePath]
    private let limit: UInt64
    private var decoder = ExportDecoder()
    private var open: OpenItem?
    private var size: UInt64 = 0
    private var items: [StorePath: SpooledItem] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - directory: where the files are made.
    ///   - expected: the items that the export must hold, and no others.
    ///   - inputs: what these may mention, beside each other.
    ///   - limit: bytes that all their archives may hold together.
    init(directory: String, expected: [StorePath], inputs: [StorePath], limit: UInt64) {
        self.directory = directory
        self.expected = Set(expected)
        mentionable = Array(Set(expected).union(inputs))
        self.limit = limit
    }

    /// An item whose archive is arriving.
    private struct OpenItem: ~Copyable {
        let file: SpoolFile
        var hasher = ContentHasher()
        var scanner: ReferenceScanner
        var size: UInt64 = 0
    }

    func receive(_ bytes: [UInt8]) throws {
        let count = try decoder.read(bytes[...]) { try handle($0) }
        guard count == bytes.count else {
            throw StoreDaemonError.protocolViolation("bytes follow the end of an export")
        }
    }

    /// All items, each after those it mentions.
    func finish() throws -> [SpooledItem] {
        try decoder.finish()
        let missing = expected.filter { items[$0] == nil }
        guard missing.isEmpty else { throw StoreDaemonError.missingItems(missing.sorted()) }
        return try ordered()
    }

    private func handle(_ event: ExportEvent) throws {
        switch event {
        case .archiveBegin:
            open = OpenItem(
                file: try SpoolFile(in: directory), scanner: ReferenceScanner(candidates: mentionable))
        case .archiveBytes(let bytes): try keep(bytes)
        case .archive: break
        case .item(let item): try complete(item)
        }
    }

    private func keep(_ bytes: ArraySlice<UInt8>) throws {
        size += UInt64(bytes.count)
        guard size <= limit else { throw StoreDaemonError.archiveTooLarge(limit: limit) }
        try open?.file.append(bytes)
        open?.hasher.update(bytes)
        open?.scanner.read(bytes)
        open?.size += UInt64(bytes.count)
    }

    private func complete(_ item: ExportedItem) throws {
        guard expected.contains(item.path), items[item.path] == nil else {
            throw StoreDaemonError.unexpectedItem(item.path)
        }
        guard let archive = open.take() else { return }
        let found = archive.scanner.references
        guard found == item.references.sorted() else {
            throw StoreDaemonError.wrongReferences(of: item.path, claimed: item.references, found: found)
        }
        let (file, size) = (archive.file, archive.size)
        items[item.path] = SpooledItem(
            path: item.path, references: found, hash: archive.hasher.finalize(), size: size, file: file)
    }

    private func ordered() throws -> [SpooledItem] {
        var left = items
        var order: [SpooledItem] = []
        while !left.isEmpty {
            let ready = left.values.filter { item in
                item.references.allSatisfy { $0 == item.path || left[$0] == nil }
            }
            guard !ready.isEmpty else {
                throw StoreDaemonError.protocolViolation("exported items mention each other in a circle")
            }
            for item in ready.sorted(by: { $0.path < $1.path }) {
                order.append(item)
                left[item.path] = nil
            }
        }
        return order
    }
}
