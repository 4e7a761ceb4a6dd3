// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import Foundation
import StoreDaemon
import Synchronization
import Testing

/// Our own client of guix-daemon at a gate before a Nix store.
@Suite(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
struct StoreGateTests {
    private func withClient(
        limits: StoreGate.Limits = .init(),
        _ body: (_ client: StoreConnection, _ gate: StoreGate, _ store: TemporaryStore) async throws -> Void
    ) async throws {
        let store = try TemporaryStore()
        let gate = StoreGate(store: store.host, limits: limits)
        let (ours, theirs) = try SocketStream.pair()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await gate.serve(theirs) }
            let client = try await StoreConnection.open(over: ours)
            do {
                try await body(client, gate, store)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
            try await group.waitForAll()
        }
    }

    @Test func `what a Guix client adds is in the store, and is known to the gate`() async throws {
        try await withClient { client, gate, store in
            #expect(await client.dialect == .guix(minor: 0x64))
            let text = try await client.addText(Array("hello".utf8), name: "text", references: [])
            #expect(try await client.isValid(text))
            #expect(try await store.host.isValid(text))
            #expect(gate.hasAdded(text))
            let tree = try await client.add(file: try store.tree("tree"), name: "tree", method: .recursive)
            let info = try #require(try await client.pathInfo(of: tree))
            #expect(try await store.host.withConnection { try await $0.pathInfo(of: tree) }?.narHash == info.narHash)
            let file = try await client.add(file: try store.file("file", "one\n"), name: "file", method: .flat)
            #expect(try await client.validPaths(among: [text, tree, file]) == [text, tree, file])
            #expect(try await client.references(of: tree).isEmpty)
            try await client.addTempRoot(tree)
        }
    }

    @Test func `a path that is not there is an error that leaves the connection usable`() async throws {
        try await withClient { client, _, _ in
            let path = try StorePath(parsing: "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-hello-2.12.1.drv")
            #expect(try await !client.isValid(path))
            #expect(try await client.pathInfo(of: path) == nil)
            await #expect(throws: StoreDaemonError.self) { try await client.ensure(path) }
            #expect(try await !client.isValid(path))
        }
    }

    @Test func `nothing is built`() async throws {
        try await withClient { client, _, _ in
            let path = try StorePath(parsing: "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-hello-2.12.1.drv")
            let results = try await client.build([path])
            #expect("\(try #require(results[path]))".contains("an evaluation builds nothing"))
            #expect(try await !client.isValid(path))
        }
    }

    @Test func `nothing is deleted, listed or rooted, and who asks loses the connection`() async throws {
        let operations: [@Sendable (StoreConnection) async throws -> Void] = [
            { _ = try await $0.collectGarbage() }, { _ = try await $0.roots() }, { _ = try await $0.allValidPaths() },
            { try await $0.addIndirectRoot("/tmp/link") },
        ]
        for operation in operations {
            try await withClient { client, _, _ in
                let error = await #expect(throws: StoreDaemonError.self) { try await operation(client) }
                #expect(error?.description.contains("may not do operation") == true)
                await #expect(throws: StoreDaemonError.self) {
                    _ = try await client.addText([1], name: "text", references: [])
                }
            }
        }
    }

    @Test func `an evaluation puts no more into the store than it may`() async throws {
        try await withClient(limits: .init(items: 2, bytes: 1000)) { client, gate, store in
            let large = [UInt8](repeating: 7, count: 1001)
            await #expect(throws: StoreDaemonError.self) { _ = try await client.addText(large, name: "large") }
            let one = try await client.addText([1], name: "one")
            _ = try await client.addText([2], name: "two")
            await #expect(throws: StoreDaemonError.self) { _ = try await client.addText([3], name: "three") }
            // What is there already costs nothing.
            #expect(try await client.addText([1], name: "one") == one)
            // The archive of a source is not read to its end, so the connection is of no use afterwards.
            let file = try store.file("file", String(repeating: "x", count: 2000))
            await #expect(throws: StoreDaemonError.self) {
                _ = try await client.add(file: file, name: "f", method: .flat)
            }
            #expect(gate.hasAdded(one))
        }
    }

    @Test func `a derivation whose output lies elsewhere than its contents say is refused`() async throws {
        try await withClient { client, gate, _ in
            let wrong = "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-wrong"
            let text = #"Derive([("out","\#(wrong)","","")],[],[],"x86_64-linux","/bin/sh",[],[("out","\#(wrong)")])"#
            await #expect(throws: StoreDaemonError.self) {
                _ = try await client.addText(Array(text.utf8), name: "wrong.drv")
            }
        }
    }

    @Test func `bytes that are no protocol end the connection and nothing else`() async throws {
        let store = try TemporaryStore()
        let gate = StoreGate(store: store.host)
        for bytes in [[UInt8](repeating: 0xff, count: 64), Array("GET / HTTP/1.1\r\n\r\n".utf8)] {
            let (ours, theirs) = try SocketStream.pair()
            try await ours.write(bytes)
            ours.finishWriting()
            await gate.serve(theirs)
            await ours.close()
        }
    }

    @Test func `clients come in at a socket, until it is closed`() async throws {
        let store = try TemporaryStore()
        let path = "\(store.root.path)/gate"
        let listener = try SocketListener(path: path)
        let added = Mutex<[StorePath]>([])
        let gate = StoreGate(store: store.host) { path in added.withLock { $0.append(path) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.serve(listener) }
            for number in 0..<3 {
                let client = try await StoreConnection.open(over: SocketStream(connectingTo: path))
                _ = try await client.addText([UInt8(number)], name: "text")
                await client.close()
            }
            await listener.close()
            try await group.waitForAll()
        }
        #expect(added.withLock { $0.count } == 3)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(throws: ByteStreamError.self) { try SocketStream(connectingTo: path) }
    }
}
