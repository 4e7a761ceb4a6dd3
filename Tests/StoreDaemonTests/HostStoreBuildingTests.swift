// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

/// Real builds by Debian's own nix-daemon, and by guix-daemon where there is one, in a store that lies where derivations
/// say it does.
@Suite(.enabled(if: !TemporaryStore.engines.isEmpty, "neither nix-bin nor Guix is installed"))
struct HostStoreBuildingTests {
    @Test(arguments: TemporaryStore.engines)
    func `a build succeeds, its log streams and its output is valid`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let recorder = Recorder()
        let derivation = try store.script("good", "echo one; echo two >&2; echo hello > $out")
        let output = try #require(derivation.outputs[0].path)
        try await store.host.withConnection(settings: store.settings) { (connection: StoreConnection) async throws in
            let path = try await store.add(derivation, "good", to: connection)
            #expect(try await store.host.missing(for: [path]).willBuild == [path])
            let results = try await connection.build([path], log: recorder.log)
            #expect(results[path]?.status == .built, "\(String(describing: results[path]))")
            #expect(try await connection.isValid(output))
            #expect(try await connection.validDerivers(of: output) == [path])
            #expect(try await connection.build([path])[path]?.status.isSuccess == true)
            #expect(try await store.host.missing(for: [path]).willBuild.isEmpty)
            guard engine == .nix else { return }
            #expect(recorder.events.contains(.started(path)))
            #expect(recorder.events.contains(.output(Array("one".utf8), of: path)))
        }
        #expect(recorder.output.hasSuffix("one\ntwo\n"))
    }

    @Test(arguments: TemporaryStore.engines)
    func `of two builds one fails and says why, the other is built`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let recorder = Recorder()
        let bad = try store.script("bad", "echo about to fail; exit 3")
        let good = try store.script("fine", "echo > $out")
        try await store.host.withConnection(settings: store.settings) { (connection: StoreConnection) async throws in
            let badPath = try await store.add(bad, "bad", to: connection)
            let goodPath = try await store.add(good, "fine", to: connection)
            let results = try await connection.build([badPath, goodPath], log: recorder.log)
            #expect(results[badPath]?.status == .permanentFailure)
            // Nix's message says it, Guix's log.
            let words = (results[badPath]?.message ?? "") + recorder.output
            #expect(words.contains("failed with exit code 3"))
            #expect(results[goodPath]?.status == .built)
            #expect(try await connection.isValid(badPath), "the connection is usable after a failure")
        }
        #expect(recorder.output.contains("about to fail\n"))
    }

    @Test(arguments: TemporaryStore.engines)
    func `a build that takes too long is timed out`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let derivation = try store.script("slow", "read line < /dev/zero")
        var settings = store.settings
        settings.timeout = 1
        try await store.host.withConnection(settings: settings) { (connection: StoreConnection) async throws in
            let path = try await store.add(derivation, "slow", to: connection)
            #expect(try await connection.build([path])[path]?.status == .timedOut)
        }
    }

    @Test(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
    func `a derivation is built without being in the store`() async throws {
        let store = try await TemporaryStore(of: .nix)
        let derivation = try store.script("absent", "echo direct > $out")
        let path = try derivation.path(name: "absent", in: store.host.logicalDirectory)
        let output = try #require(derivation.outputs[0].path)
        try await store.host.withConnection(settings: store.settings) { (connection: StoreConnection) async throws in
            let result = try await connection.build(derivation, at: path, inputs: [])
            #expect(result.status == .built, "\(result)")
            #expect(result.stopTime >= result.startTime && result.startTime > 0)
            #expect(try await connection.isValid(path) == false)
            #expect(try await connection.isValid(output))
        }
    }

    @Test(arguments: TemporaryStore.engines)
    func `a log line of three million bytes comes in pieces`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let recorder = Recorder()
        let derivation = try store.script(
            "long", "/usr/bin/head -c 3000000 /dev/zero | /usr/bin/tr '\\0' x; echo; echo > $out")
        try await store.host.withConnection(settings: store.settings) { (connection: StoreConnection) async throws in
            let path = try await store.add(derivation, "long", to: connection)
            #expect(try await connection.build([path], log: recorder.log)[path]?.status == .built)
        }
        #expect(recorder.output.utf8.count { $0 == UInt8(ascii: "x") } >= 3_000_000)
        #expect(recorder.output.utf8.count < 3_010_000)
        #expect(recorder.largestPiece <= 64 << 10)
    }

    @Test(arguments: TemporaryStore.engines)
    func `a cancelled build closes the connection`(engine: StoreEngine) async throws {
        let store = try await TemporaryStore(of: engine)
        let derivation = try store.script("endless", "echo begun; read line < /dev/zero")
        var settings = store.settings
        // guix-daemon goes on with what nobody waits for.
        settings.timeout = 10
        let connection = try await store.host.connect(settings: settings)
        let path = try await store.add(derivation, "endless", to: connection)
        let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await connection.build([path]) { _ in continuation.yield() }
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            for await _ in begun { break }
            group.cancelAll()
            for await wasCancelled in group { #expect(wasCancelled) }
        }
        await #expect(throws: StoreDaemonError.self) { try await connection.isValid(path) }
        await connection.close()
    }
}
