// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import Foundation
import StoreDaemon
import Testing

/// What only Guix has, against a guix-daemon of this machine and compared with its command-line programs.
@Suite(.enabled(if: GuixDaemonProcess.isInstalled, "guix and guix-daemon are not in PATH"))
struct GuixDaemonTests {
    /// A built output that mentions itself and a source.
    private struct Made {
        let source: StorePath
        let output: StorePath
        let derivation: StorePath
    }

    private func made(in store: TemporaryStore) async throws -> Made {
        let file = try store.file("input", "in")
        let hash = ContentHash.of(Array("in".utf8))
        let source = try await store.host.addFixedOutput(file: file, name: "input", sha256: hash, recursive: false)
        let script = try store.script("made", "echo $out \(source) > $out", inputs: [source])
        return try await store.host.withConnection(settings: store.settings) { connection in
            let path = try await store.add(script, "made", to: connection)
            let result = try await connection.build([path])[path]
            try #require(result?.status == .built, "\(result?.message ?? "")")
            return Made(source: source, output: try #require(script.outputs[0].path), derivation: path)
        }
    }

    /// Keeps a path from being collected.
    private func keep(_ path: StorePath, in store: TemporaryStore) async throws {
        let link = store.root.appendingPathComponent("kept-\(path.name)").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path.description)
        try await store.host.withConnection { try await $0.addIndirectRoot(link) }
    }

    private func authorize(_ store: TemporaryStore) throws {
        let key = try #require(store.host.signingKey)
        let answer = try store.guix(
            ["archive", "--authorize"], input: try String(contentsOfFile: key.publicFile, encoding: .utf8))
        try #require(answer.status == 0, "\(answer.errors)")
    }

    @Test func `its protocol is known after the handshake`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let connection = try await store.host.connect()
        guard case .guix(let minor) = await connection.dialect else {
            Issue.record("it does not speak Guix's protocol")
            return
        }
        #expect(minor >= 0x60)
        #expect(await connection.daemonVersion == nil)
        await connection.close()
    }

    @Test func `a fixed output is added where guix download adds it`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let file = try store.file("source", "some text\n")
        let hash = ContentHash.of(Array("some text\n".utf8))
        let path = try await store.host.addFixedOutput(file: file, name: "source", sha256: hash, recursive: false)
        let same = try store.guix(["download", "file://\(file)"])
        #expect(same.lines.first == path.description, "\(same.errors)")
        let tree = try store.tree("tree")
        let expected = try FixedOutput.of(file: tree, method: .recursive, algorithm: .sha256)
        let added = try await store.host.addFixedOutput(file: tree, name: "tree", expected: expected)
        #expect(
            try store.guix(["hash", "--serializer=nar", "-f", "hex", added.description]).text == expected.hash.base16)
        #expect(
            added == (try StorePath.fixed(.recursive, expected.hash, name: "tree", in: store.host.logicalDirectory)))
    }

    @Test func `references, requisites and derivers are those that guix gc tells`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let made = try await made(in: store)
        let (references, derivers) = try await store.host.withConnection { connection in
            (try await connection.references(of: made.output), try await connection.validDerivers(of: made.output))
        }
        #expect(try store.guix(["gc", "--references", "\(made.output)"]).lines == references.map(\.description))
        #expect(try store.guix(["gc", "--derivers", "\(made.output)"]).lines == derivers.map(\.description))
        let closure = try await store.host.closure(of: [made.derivation])
        let requisites = try store.guix(["gc", "--requisites", "\(made.derivation)"]).lines
        #expect(Set(requisites) == Set(closure.map(\.path.description)))
        #expect(closure.last?.path == made.derivation)
    }

    @Test func `what is to be built is what guix build says that it would build`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let made = try await made(in: store)
        let directory = store.host.logicalDirectory
        let inner = try store.script("inner", "echo > $out")
        let innerPath = try inner.path(name: "inner", in: directory)
        let bare = Derivation(
            outputs: [DerivationOutput(name: "out", path: nil)],
            inputDerivations: [
                .init(path: innerPath, outputs: ["out"]), .init(path: made.derivation, outputs: ["out"]),
            ].sorted { $0.path < $1.path }, inputSources: [made.source], system: "x86_64-linux", builder: "/bin/sh",
            arguments: ["-c", "echo > $out"], environment: [.init(name: "out", value: "")])
        let known = [innerPath: inner, made.derivation: try store.host.derivation(at: made.derivation)]
        var calculator = OutputPathCalculator { try #require(known[$0]) }
        let outer = try calculator.completed(bare, name: "outer", in: directory)
        let path = try await store.host.withConnection { connection in
            _ = try await store.add(inner, "inner", to: connection)
            return try await store.add(outer, "outer", to: connection)
        }
        let missing = try await store.host.missing(for: [path])
        #expect(missing.willBuild == [innerPath, path].sorted())
        #expect(missing.willSubstitute.isEmpty)
        let dry = try store.guix(["build", "--dry-run", "\(path)"])
        let told = dry.errors.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.hasPrefix("/") }
        #expect(Set(told) == Set(missing.willBuild.map(\.description)), "\(dry.errors)")
    }

    @Test func `a signed export is the one that guix archive makes`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let made = try await made(in: store)
        let recorder = Recorder()
        try await store.host.withConnection {
            try await $0.export([made.source, made.output], isSigned: true, to: recorder.sink)
        }
        let export = try store.guix(["archive", "--export", "\(made.source)", "\(made.output)"])
        #expect(export.status == 0, "\(export.errors)")
        #expect(export.bytes == recorder.bytes)
    }

    /// What a guest gives: without a signature, which guix-daemon itself would refuse.
    @Test func `an unsigned export becomes valid once the farm's key is authorised`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let made = try await made(in: store)
        let recorder = Recorder()
        try await store.host.withConnection { try await $0.export([made.output], to: recorder.sink) }
        let before = try #require(try await store.host.closure(of: [made.output]).last)
        try await keep(made.derivation, in: store)
        _ = try await store.host.withConnection { try await $0.collectGarbage() }
        #expect(try await store.host.isValid(made.output) == false)
        #expect(try await store.host.isValid(made.source))
        let refusal = await #expect(throws: StoreDaemonError.self) { try await take(recorder.bytes, made, into: store) }
        #expect(refusal?.description.contains("guix archive --authorize <") == true, "\(String(describing: refusal))")
        #expect(try await store.host.isValid(made.output) == false)
        let list = store.root.appendingPathComponent("etc/acl").path
        #expect(try store.host.signingKey?.isAuthorized(in: list) == false)
        try authorize(store)
        #expect(try store.host.signingKey?.isAuthorized(in: list) == true)
        try await take(recorder.bytes, made, into: store)
        let after = try #require(try await store.host.closure(of: [made.output]).last)
        #expect(after.narHash == before.narHash && after.narSize == before.narSize)
        #expect(after.references == before.references && after.deriver == made.derivation)
        let contents = try String(contentsOfFile: store.host.physicalPath(of: made.output), encoding: .utf8)
        #expect(contents == "\(made.output) \(made.source)\n")
        let check = try store.guix(["gc", "--verify=contents"])
        #expect(check.status == 0, "\(check.errors)")
    }

    private func take(_ export: [UInt8], _ made: Made, into store: TemporaryStore) async throws {
        let (near, far) = MemoryStream.pair()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await near.write(export)
                near.finishWriting()
            }
            try await store.host.importArchive(
                from: far, expected: [made.output], inputs: [made.source], deriver: made.derivation)
        }
    }

    @Test func `a key is made once and kept`() async throws {
        let store = try await TemporaryStore(of: .guix)
        let again = try HostStore.guix(
            dataDirectory: store.root.path, socket: "/nowhere", directory: store.host.logicalDirectory)
        #expect(again.signingKey?.publicKey == store.host.signingKey?.publicKey)
        let file = store.root.appendingPathComponent("guix/signing-key.sec").path
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `many clients at once all get their answers`() async throws {
        let store = try await TemporaryStore(of: .guix)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    try await store.host.withConnection { connection in
                        for number in 0..<25 {
                            let path = try await connection.addText(
                                Array("\(client) \(number)".utf8), name: "text\(client)-\(number)")
                            #expect(try await connection.isValid(path))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.host.withConnection { try await $0.allValidPaths() }.count == 200)
    }
}
