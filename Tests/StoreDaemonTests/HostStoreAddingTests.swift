// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

/// Against Debian's own nix-daemon; skipped where it is not installed.
@Suite(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
struct HostStoreAddingTests {
    @Test(arguments: [HashAlgorithm.md5, .sha1, .sha256, .sha512], [IngestionMethod.flat, .recursive])
    func `a fixed output is added where nix-store adds it`(
        algorithm: HashAlgorithm, method: IngestionMethod
    ) async throws {
        let store = try TemporaryStore()
        let file = method == .flat ? try store.file("source", "some text\n") : try store.tree("source")
        let expected = try FixedOutput.of(file: file, method: method, algorithm: algorithm)
        let path = try await store.host.addFixedOutput(file: file, name: "source", expected: expected)
        #expect(try StorePath.fixed(method, expected.hash, name: "source", in: .guix) == path)
        #expect(try await store.host.isValid(path))
        let mode = method == .recursive ? ["--recursive"] : []
        let same = try store.run("nix-store", mode + ["--add-fixed", algorithm.rawValue, file])
        #expect(same.text == path.description, "\(same.errors)")
        #expect(FileManager.default.fileExists(atPath: store.host.physicalPath(of: path)))
    }

    @Test func `a file with another hash is refused and the store stays as it was`() async throws {
        let store = try TemporaryStore()
        let file = try store.file("source", "some text\n")
        let wrong = ContentHash.of(Array("other text".utf8))
        let right = ContentHash.of(Array("some text\n".utf8))
        await #expect(throws: StoreDaemonError.hashMismatch(name: "source", expected: wrong, actual: right)) {
            try await store.host.addFixedOutput(file: file, name: "source", sha256: wrong, recursive: false)
        }
        #expect(try await store.host.withConnection { try await $0.allValidPaths() }.isEmpty)
    }

    @Test func `a tree's archive is the one that nix-store dumps`() async throws {
        let store = try TemporaryStore()
        let tree = try store.tree("tree")
        var reader = ArchiveReader(of: tree)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        #expect(try store.run("nix-store", ["--dump", tree]).bytes == bytes)
    }

    @Test func `a text and a derivation lie where nix puts them`() async throws {
        let store = try TemporaryStore()
        let expression =
            #"derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; outputs = ["#
            + #""out" "doc"]; args = [ "-c" (builtins.toFile "script" "echo $out\n\ttab \"quote\"") ]; }"#
        let made = try store.run("nix-instantiate", ["--expr", expression])
        let path = try StorePath(parsing: try #require(made.lines.first, "\(made.errors)"))
        let derivation = try store.host.derivation(at: path)
        #expect(try derivation.path(name: "x", in: .guix) == path)
        var calculator = OutputPathCalculator { try store.host.derivation(at: $0) }
        let outputs = try calculator.outputPaths(of: derivation, name: "x", in: .guix)
        #expect(outputs["out"] == derivation.output(named: "out")?.path)
        #expect(outputs["doc"] == derivation.output(named: "doc")?.path)
        let other = try TemporaryStore()
        let source = try #require(derivation.inputSources.first)
        try await other.host.withConnection { (connection: StoreConnection) async throws in
            let text = Array("echo $out\n\ttab \"quote\"".utf8)
            #expect(try await connection.addText(text, name: "script") == source)
            let references = Array(derivation.references)
            #expect(try await connection.addText(derivation.printed(), name: "x.drv", references: references) == path)
            #expect(try await connection.references(of: path) == [source])
        }
        #expect(try await other.host.closure(of: [path]).map(\.path) == [source, path])
    }
}
