// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

/// Against Debian's own nix-daemon, and guix-daemon where there is one.
@Suite(.enabled(if: !TemporaryStore.engines.isEmpty, "neither nix-bin nor Guix is installed"))
struct HostStoreTests {
    @Test(arguments: TemporaryStore.engines)
    func `a path that nobody added is not valid`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let path = try StorePath(store.host.logicalDirectory, baseName: "00000000000000000000000000000000-nope")
        #expect(try await store.host.isValid(path) == false)
        #expect(try await store.host.withConnection { try await $0.pathInfo(of: path) } == nil)
        await #expect(throws: StoreDaemonError.notValid(path)) { try await store.host.closure(of: [path]) }
        #expect(throws: StoreDaemonError.notValid(path)) { try store.host.derivation(at: path) }
    }

    @Test(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
    func `the daemon's version and dialect are known after the handshake`() async throws {
        let store = try TemporaryStore()
        let connection = try await store.host.connect()
        let dialect = await connection.dialect
        let version = await connection.daemonVersion
        await connection.close()
        #expect(dialect == .nix(minor: 34) || dialect == .nix(minor: 33))
        #expect(version?.hasPrefix("2.") == true)
    }

    @Test(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
    func `a daemon that cannot start says why`() async throws {
        let store = try TemporaryStore()
        let configuration = store.root.appendingPathComponent("nix/conf/nix.conf")
        try Data("max-jobs = many\n".utf8).write(to: configuration)
        do {
            _ = try await store.host.connect()
            Issue.record("it started")
        } catch StoreDaemonError.connectionLost(let reason) {
            #expect(reason.contains("max-jobs"), "\(reason)")
        }
    }

    @Test(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
    func `a store is opened again as it was left`() async throws {
        let store = try TemporaryStore()
        let file = try store.file("kept", "kept")
        let sha256 = ContentHash.of(Array("kept".utf8))
        let path = try await store.host.addFixedOutput(file: file, name: "kept", sha256: sha256, recursive: false)
        let again = try HostStore.nix(dataDirectory: store.root.path)
        #expect(try await again.isValid(path))
        #expect(again.physicalPath(of: path) == store.host.physicalPath(of: path))
    }

    @Test(arguments: TemporaryStore.engines)
    func `what nothing keeps alive is collected`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let link = store.root.appendingPathComponent("link").path
        try await store.host.withConnection { (connection: StoreConnection) async throws in
            let kept = try await connection.addText(Array("kept".utf8), name: "kept")
            let lost = try await connection.addText(Array("lost".utf8), name: "lost")
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: kept.description)
            try await connection.addIndirectRoot(link)
            #expect(try await connection.roots().contains { $0.link == link && $0.path == kept })
            await connection.close()
            let collected = try await store.host.withConnection { try await $0.collectGarbage() }
            #expect(collected.deleted.contains(lost) && !collected.deleted.contains(kept))
            #expect(try await store.host.isValid(kept) == true)
            #expect(try await store.host.isValid(lost) == false)
        }
    }

    @Test func `named items are deleted, but not what is alive`() async throws {
        let store = try await TemporaryStore(of: .nix)
        let link = store.root.appendingPathComponent("link").path
        try await store.host.withConnection { (connection: StoreConnection) async throws in
            let base = try await connection.addText(Array("base".utf8), name: "base")
            let kept = try await connection.addText(Array("kept \(base)".utf8), name: "kept", references: [base])
            let lost = try await connection.addText(Array("lost".utf8), name: "lost")
            let other = try await connection.addText(Array("other".utf8), name: "other")
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: kept.description)
            try await connection.addIndirectRoot(link)
            await connection.close()
            let dead = try await store.host.withConnection { try await $0.deadPaths() }
            #expect(dead.isSuperset(of: [lost, other]) && dead.isDisjoint(with: [kept, base]))
            #expect(try await store.host.withConnection { try await $0.delete([lost]) } > 0)
            await #expect(throws: StoreDaemonError.self) {
                _ = try await store.host.withConnection { try await $0.delete([base]) }
            }
            let valid = try await store.host.withConnection { try await $0.allValidPaths() }
            #expect(valid == [base, kept, other])
        }
    }

    @Test(arguments: TemporaryStore.engines)
    func `operations asked for at once are answered each in its turn`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let directory = store.host.logicalDirectory
        let connection = try await store.host.connect()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let text = Array("text \(index)".utf8)
                    let path = try await connection.addText(text, name: "text\(index)")
                    let isValid = try await connection.isValid(path)
                    return try isValid
                        && StorePath.text(text, name: "text\(index)", references: [], in: directory) == path
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(try await connection.allValidPaths().count == 50)
        await connection.close()
    }
}
