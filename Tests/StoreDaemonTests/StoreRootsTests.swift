// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@testable import StoreDaemon

/// What keeps items of a farm's own store, and what does no longer.
@Suite(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
struct StoreRootsTests {
    private let store: TemporaryStore
    private let roots: StoreRoots

    init() throws {
        store = try TemporaryStore()
        roots = try #require(store.host.roots)
    }

    private func add(_ names: String...) async throws -> [StorePath] {
        var paths: [StorePath] = []
        for name in names {
            paths.append(try await store.host.withConnection { try await $0.addText(Array(name.utf8), name: name) })
        }
        return paths
    }

    private func collect() async throws -> Set<StorePath> {
        try await store.host.withConnection { connection in
            _ = try await connection.collectGarbage()
            return try await connection.allValidPaths()
        }
    }

    @Test func `what is valid is told, and stays`() async throws {
        let paths = try await add("one", "two")
        let absent = try StorePath(.guix, baseName: "0123456789abcdfghijklmnpqrsvwxyz-absent")
        #expect(try await store.host.keepValid(among: [paths[0], absent]) == [paths[0]])
        #expect(try await collect() == [paths[0]])
        // The second time its link is there.
        #expect(try await store.host.keepValid(among: paths) == [paths[0]])
    }

    @Test func `an item whose link has been there before it is kept by it`() async throws {
        let path = try #require(try await add("one").first)
        _ = try await store.host.withConnection { try await $0.delete([path]) }
        _ = try roots.add([path])
        #expect(try await collect() == [])
        #expect(try await add("one") == [path])
        #expect(try await collect() == [path])
    }

    @Test func `links of what must not stay go, those of what must are made`() async throws {
        let paths = try await add("one", "two")
        _ = try roots.add([paths[0]])
        try await roots.set([paths[1].baseName]) { [paths[1].baseName] }
        #expect(try await collect() == [paths[1]])
        try await roots.set([]) { [] }
        #expect(try await collect() == [])
    }

    @Test func `what comes to be needed while the links are looked at has its link all the time`() async throws {
        let paths = try await add("one", "two")
        _ = try roots.add(paths)
        try await roots.set([]) {
            // Both are put aside by now.
            let left = try await collect()
            #expect(left == Set(paths))
            return [paths[0].baseName, "0123456789abcdfghijklmnpqrsvwxyz-absent"]
        }
        #expect(try await collect() == [paths[0]])
    }

    @Test func `what a sweep that was cut short had put aside is looked at by the next`() async throws {
        struct Cut: Error {}
        let paths = try await add("one", "two")
        _ = try roots.add(paths)
        await #expect(throws: Cut.self) { try await roots.set([]) { throw Cut() } }
        #expect(try await collect() == Set(paths))
        try await roots.set([paths[0].baseName]) { [paths[0].baseName] }
        #expect(try await collect() == [paths[0]])
    }

    @Test func `the machine's own store gets no links`() throws {
        let store = try HostStore.guix(dataDirectory: store.root.path, socket: "/nowhere")
        #expect(store.roots == nil)
    }
}
