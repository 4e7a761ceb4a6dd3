// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import Foundation
import Testing

@testable import StoreDaemon

/// A farm's own store, kept by a guix-daemon of this machine: no root, no `/gnu`, no `guix`.
@Suite(.enabled(if: GuixDaemonProgram.find() != nil, "there is no guix-daemon in PATH"))
struct OwnGuixStoreTests {
    private func withStore(_ body: (HostStore, URL) async throws -> Void) async throws {
        var package = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        let root = URL(fileURLWithPath: "/tmp/almanac-own-\(UUID().uuidString.prefix(13))")
        defer { try? Removal.remove(root) }
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let helper = root.appendingPathComponent("guest-init").path
        let build = try Process.run(package.appendingPathComponent("ops/guest-init"), arguments: [helper])
        build.waitUntilExit()
        try #require(build.terminationStatus == 0)
        let daemon = try #require(GuixDaemonProgram.find())
        try await body(try HostStore.ownGuix(dataDirectory: root.path, daemon: daemon, helper: helper), root)
    }

    @Test func `it keeps texts, sources and what a guest made, and no other place of the machine changes`() async throws
    {
        try await withStore { store, root in
            #expect(HostStore.hasOwnGuix(in: root.path))
            let text = try await store.withConnection { connection in
                guard case .guix = await connection.dialect else {
                    throw StoreDaemonError.protocolViolation("not Guix")
                }
                return try await connection.addText(Array("some text\n".utf8), name: "text")
            }
            #expect(text.description.hasPrefix("/gnu/store/"))
            #expect(try String(contentsOfFile: store.physicalPath(of: text), encoding: .utf8) == "some text\n")
            #expect(store.physicalPath(of: text).hasPrefix("\(root.path)/store/"))
            #expect(!FileManager.default.fileExists(atPath: text.description))
            // An item with a name that its contents do not give, which only an import can bring.
            let item = try StorePath(.guix, baseName: "0123456789abcdfghijklmnpqrsvwxyz-made")
            let file = root.appendingPathComponent("made").path
            try "mentions \(text)".write(toFile: file, atomically: true, encoding: .utf8)
            try await take(item, file, mentioning: [text], into: store)
            let info = try #require(try await store.closure(of: [item]).last)
            #expect(info.path == item && info.references == [text])
            #expect(try String(contentsOfFile: store.physicalPath(of: item), encoding: .utf8) == "mentions \(text)")
            // It came to stay, and so did what it mentions.
            #expect(try await store.withConnection { try await $0.collectGarbage() }.deleted.isEmpty)
            #expect(try await store.withConnection { try await $0.allValidPaths() } == [text, item])
        }
    }

    private func take(
        _ item: StorePath, _ file: String, mentioning references: [StorePath], into store: HostStore
    ) async throws {
        var reader = ArchiveReader(of: file)
        var export = ExportArchive.itemMark
        while let bytes = try reader.next() { export += bytes }
        export += ExportedItem(path: item, references: references, deriver: nil).trailer() + ExportArchive.endMark
        let (near, far) = MemoryStream.pair()
        let bytes = export
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await near.write(bytes)
                near.finishWriting()
            }
            try await store.importArchive(from: far, expected: [item], inputs: references, deriver: nil)
        }
    }

    @Test func `what a link outside of the store leads to outlives a collection, the rest does not`() async throws {
        try await withStore { store, root in
            let (kept, dropped) = try await store.withConnection { connection in
                (
                    try await connection.addText(Array("kept".utf8), name: "kept"),
                    try await connection.addText(Array("dropped".utf8), name: "dropped")
                )
            }
            let link = root.appendingPathComponent("link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: kept.description)
            try await store.withConnection { try await $0.addIndirectRoot(link) }
            let direct = try await store.withConnection { try await $0.addText(Array("root".utf8), name: "root") }
            try FileManager.default.createDirectory(
                atPath: store.rootsDirectory + "/ab", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: store.rootsDirectory + "/ab/root", withDestinationPath: direct.description)
            let collected = try await store.withConnection { try await $0.collectGarbage() }
            #expect(collected.deleted.contains(dropped) && !collected.deleted.contains(kept))
            let valid = try await store.withConnection { try await $0.validPaths(among: [kept, direct]) }
            #expect(valid == [kept, direct])
            #expect(!FileManager.default.fileExists(atPath: store.physicalPath(of: dropped)))
        }
    }

    @Test func `many first clients at once all get their answers`() async throws {
        try await withStore { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<8 {
                    group.addTask {
                        try await store.withConnection { connection in
                            for number in 0..<10 {
                                let path = try await connection.addText(
                                    Array("\(client) \(number)".utf8), name: "text\(client)-\(number)")
                                #expect(try await connection.isValid(path))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.withConnection { try await $0.allValidPaths() }.count == 80)
        }
    }

    @Test func `a substitute that was fetched is added, and deleted by name with what mentions it`() async throws {
        try await withStore { store, root in
            #expect(store.takesSubstitutes)
            let below = try await store.withConnection { try await $0.addText(Array("below".utf8), name: "below") }
            let item = try StorePath(.guix, baseName: "0123456789abcdfghijklmnpqrsvwxyz-fetched")
            let file = root.appendingPathComponent("fetched").path
            try "mentions \(below)".write(toFile: file, atomically: true, encoding: .utf8)
            var reader = ArchiveReader(of: file)
            var archive: [UInt8] = []
            while let bytes = try reader.next() { archive += bytes }
            let nar = root.appendingPathComponent("nar").path
            try Data(archive).write(to: URL(fileURLWithPath: nar))
            let info = NarInfo(
                path: item, narHash: ContentHash.of(archive), narSize: UInt64(archive.count), references: [below])
            try await store.add(archive: nar, of: info)
            #expect(try await store.closure(of: [item]).map(\.path) == [below, item])
            _ = try await store.withConnection { try await $0.delete([below]) }
            #expect(try await store.withConnection { try await $0.validPaths(among: [below, item]) }.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: store.physicalPath(of: item)))
        }
    }

    /// Collecting while another client adds would take what that one has just added, were they not to know of each other.
    @Test func `what a client adds is safe from a collection until it goes`() async throws {
        try await withStore { store, _ in
            let connection = try await store.connect()
            let path = try await connection.addText(Array("mine".utf8), name: "mine")
            let collected = try await store.withConnection { try await $0.collectGarbage() }
            #expect(!collected.deleted.contains(path))
            #expect(try await connection.isValid(path))
            await connection.close()
        }
    }
}

/// Store items are read-only, which would keep their directories from being emptied.
private enum Removal {
    static func remove(_ root: URL) throws {
        if let names = FileManager.default.enumerator(atPath: root.path) {
            for case let name as String in names {
                let place = root.appendingPathComponent(name).path
                let type = try FileManager.default.attributesOfItem(atPath: place)[.type] as? FileAttributeType
                if type == .typeDirectory {
                    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place)
                }
            }
        }
        try FileManager.default.removeItem(at: root)
    }
}
