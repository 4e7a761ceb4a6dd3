// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

@testable import Sources

/// Uses the real programs: nix-instantiate and nix-daemon of nix-bin, dpkg-deb, python3 with pip.
@Suite("Realising fixed outputs on the host")
struct SourceRealiserTests {
    private static let contents = "a source\n"

    /// A store in a new data directory, and a folder outside of it.
    private func withStore(_ body: (HostStore, SourceRealiser, _ folder: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let store = try HostStore.nix(dataDirectory: "\(folder)/data")
            try FileManager.default.createDirectory(atPath: "\(folder)/data/sources", withIntermediateDirectories: true)
            let fetcher = SourceFetcher(cache: "\(folder)/data/sources")
            try await body(store, SourceRealiser(store: store, fetcher: fetcher), folder)
        }
    }

    private func derivation(_ attributes: [String: String], in store: HostStore) throws -> StorePath {
        let more = attributes["outputHash"] == nil ? [:] : ["outputHashAlgo": "sha256"]
        let text = attributes.merging(more) { $1 }.map { "\($0.key) = \"\($0.value)\";" }.sorted().joined(
            separator: " ")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "nix-instantiate", "--expr", "derivation { system = \"x86_64-linux\"; \(text) }",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(store.environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return try StorePath(parsing: output.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func file(_ url: String, hash: ContentHash, in store: HostStore) throws -> StorePath {
        try derivation(
            [
                "name": "file-1.0", "builder": "builtin:fetchurl", "url": url, "outputHashMode": "flat",
                "outputHash": hash.base16,
            ], in: store)
    }

    @Test func `a file becomes the output that its derivation promises`() async throws {
        try await withStore { store, realiser, folder in
            try Self.contents.write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
            let path = try file("file://\(folder)/file", hash: .of(Array(Self.contents.utf8)), in: store)
            #expect(try await realiser.realise(path) == .fetched(from: "file://\(folder)/file"))
            let output = try #require(try store.derivation(at: path).outputs.first?.path)
            #expect(try await store.isValid(output))
            #expect(try String(contentsOfFile: store.physicalPath(of: output), encoding: .utf8) == Self.contents)
            #expect(try await realiser.realise(path) == .alreadyValid)
        }
    }

    @Test func `a source outlives a collection once it was fetched, or found in the store`() async throws {
        try await withStore { store, realiser, folder in
            try Self.contents.write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
            let path = try file("file://\(folder)/file", hash: .of(Array(Self.contents.utf8)), in: store)
            let output = try #require(try store.derivation(at: path).outputs.first?.path)
            func forget() async throws {
                try await store.roots?.set([path.baseName]) { [path.baseName] }
            }
            func isKept(_ output: StorePath) async throws -> Bool {
                _ = try await store.withConnection { try await $0.collectGarbage() }
                return try await store.isValid(output)
            }
            try await forget()
            #expect(try await realiser.realise(path) == .fetched(from: "file://\(folder)/file"))
            #expect(try await isKept(output))
            try await forget()
            #expect(try await realiser.realise(path) == .alreadyValid)
            #expect(try await isKept(output))
            try await forget()
            #expect(try await !isKept(output))
        }
    }

    @Test func `a file with another hash is lost and stays out of the store`() async throws {
        try await withStore { store, realiser, folder in
            try "something else".write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
            let path = try file("file://\(folder)/file", hash: .of(Array(Self.contents.utf8)), in: store)
            guard case .lost(let reason) = try await realiser.realise(path) else {
                Issue.record("a wrong file was taken")
                return
            }
            #expect(reason.contains("has the hash"))
            let output = try #require(try store.derivation(at: path).outputs.first?.path)
            #expect(try await !store.isValid(output))
        }
    }

    @Test func `a network that is away is no loss`() async throws {
        try await withStore { store, realiser, _ in
            let path = try file("http://127.0.0.1:9/file", hash: .of([1]), in: store)
            await #expect(throws: SourceError.self) { try await realiser.realise(path) }
        }
    }

    @Test func `a derivation whose output is not fixed is refused`() async throws {
        try await withStore { store, realiser, _ in
            let path = try derivation(["name": "built", "builder": "/bin/sh"], in: store)
            await #expect(throws: SourceError.self) { try await realiser.realise(path) }
        }
    }

    @Test func `a builder is never run`() async throws {
        try await withStore { store, realiser, folder in
            let path = try derivation(
                [
                    "name": "trap", "builder": "/bin/sh", "outputHashMode": "recursive", "url": "file://\(folder)/none",
                    "outputHash": ContentHash.of([1]).base16,
                ], in: store)
            guard case .lost = try await realiser.realise(path) else {
                Issue.record("something was made of nothing")
                return
            }
        }
    }

    @Test func `the first program comes out of a Debian package`() async throws {
        try await withStore { store, realiser, folder in
            let (archive, tree) = try package(in: folder)
            let hash = try FixedOutput.of(file: archive, method: .flat).hash
            let unpacked = try FixedOutput.of(file: tree, method: .recursive).hash
            let path = try derivation(
                [
                    "name": "tool", "builder": "builtin:unpack-debian", "url": "file://\(archive)",
                    "archiveHash": hash.base16, "member": "./bin/tool", "outputHashMode": "recursive",
                    "outputHash": unpacked.base16,
                ], in: store)
            #expect(try await realiser.realise(path) == .fetched(from: "file://\(archive)"))
            let output = try #require(try store.derivation(at: path).outputs.first?.path)
            #expect(FileManager.default.isExecutableFile(atPath: "\(store.physicalPath(of: output))/bin/tool"))
        }
    }

    /// A Debian package with /bin/tool, and the tree that a store item of it is.
    private func package(in folder: String) throws -> (archive: String, tree: String) {
        let files = FileManager.default
        for directory in ["package/DEBIAN", "package/bin", "tree/bin"] {
            try files.createDirectory(atPath: "\(folder)/\(directory)", withIntermediateDirectories: true)
        }
        try "Package: tool\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: none\n".write(
            toFile: "\(folder)/package/DEBIAN/control", atomically: true, encoding: .utf8)
        for place in ["package/bin/tool", "tree/bin/tool"] {
            try "#!/bin/sh\n".write(toFile: "\(folder)/\(place)", atomically: true, encoding: .utf8)
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(place)")
        }
        try run("dpkg-deb", "--build", "--root-owner-group", "\(folder)/package", "\(folder)/tool.deb")
        return ("\(folder)/tool.deb", "\(folder)/tree")
    }

    /// What a source archive would do when pip looked into it is write a file.
    @Test func `a source archive is fetched from pip's index without being looked into`() async throws {
        try await withTemporaryFolder { folder in
            let project = "\(folder)/tricky-1.0"
            try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
            try "open('\(folder)/was-run', 'w').close()\n".write(
                toFile: "\(project)/setup.py", atomically: true, encoding: .utf8)
            try run("tar", "--create", "--gzip", "--file", "\(folder)/tricky-1.0.tar.gz", "-C", folder, "tricky-1.0")
            let script = "\(folder)/fetch.py"
            try Data(PackageResources.FetchFromPyPI_py).write(to: URL(fileURLWithPath: script))
            let answer = try await HostTool.run(
                "env",
                [
                    "PIP_NO_INDEX=1", "PIP_FIND_LINKS=\(folder)", "python3", "-I", script, "tricky",
                    "tricky-1.0.tar.gz",
                    "\(folder)/fetched", "100000",
                ])
            #expect(answer.isSuccess, "\(answer.errors)")
            #expect(
                try FixedOutput.of(file: "\(folder)/fetched", method: .flat)
                    == FixedOutput.of(file: "\(folder)/tricky-1.0.tar.gz", method: .flat))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/was-run"))
        }
    }

    private func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
