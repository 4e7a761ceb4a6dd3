// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import Foundation
import StoreDaemon
import Testing

/// From the store that built to the one that keeps, both of Debian's own nix-daemon.
@Suite(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
struct HostStoreImportTests {
    private let guest: TemporaryStore
    private let keeper: TemporaryStore
    private let input: StorePath
    private let output: StorePath
    private let derivation: StorePath

    /// Builds an output that mentions itself and its input, which both stores have.
    init() async throws {
        let guest = try TemporaryStore(isDiverted: false)
        let keeper = try TemporaryStore(guest.host.logicalDirectory)
        let file = try guest.file("input", "in")
        let sha256 = ContentHash.of(Array("in".utf8))
        let input = try await guest.host.addFixedOutput(file: file, name: "input", sha256: sha256, recursive: false)
        _ = try await keeper.host.addFixedOutput(file: file, name: "input", sha256: sha256, recursive: false)
        let made = try guest.script("made", "echo $out \(input) > $out", inputs: [input])
        let path = try made.path(name: "made", in: guest.host.logicalDirectory)
        let result = try await guest.host.withConnection(settings: TemporaryStore.building) {
            try await $0.build(made, at: path, inputs: [input])
        }
        try #require(result.status == .built, "\(result.message)")
        (self.guest, self.keeper, self.input) = (guest, keeper, input)
        output = try #require(made.outputs[0].path)
        derivation = path
    }

    private func export(_ paths: [StorePath]) async throws -> [UInt8] {
        let recorder = Recorder()
        try await guest.host.withConnection { try await $0.export(paths, to: recorder.sink) }
        return recorder.bytes
    }

    private func importing(
        _ bytes: [UInt8], expected: [StorePath]? = nil, inputs: [StorePath]? = nil, limit: UInt64 = 1 << 20
    ) async throws {
        let (near, far) = MemoryStream.pair()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await near.write(bytes)
                near.finishWriting()
            }
            do {
                try await keeper.host.importArchive(
                    from: far, expected: expected ?? [output], inputs: inputs ?? [input], deriver: derivation,
                    limit: limit)
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    @Test func `an export is the one that nix-store makes`() async throws {
        let bytes = try await export([input, output])
        #expect(try guest.run("nix-store", ["--export", "\(input)", "\(output)"]).bytes == bytes)
    }

    @Test func `an unsigned export becomes valid with its references and deriver`() async throws {
        try await importing(try await export([output]))
        let info = try await keeper.host.closure(of: [output])
        let original = try await guest.host.closure(of: [output])
        #expect(info.map(\.path) == [input, output])
        #expect(info.map(\.narHash) == original.map(\.narHash))
        #expect(info.last?.references == [input, output].sorted())
        #expect(info.last?.deriver == derivation)
        #expect(try keeper.run("nix-store", ["--verify-path", output.description]).status == 0)
    }

    @Test func `an output comes straight from the guest's daemon`() async throws {
        try await guest.host.withConnection { [keeper, output, input, derivation] connection in
            try await keeper.host.importArchive(
                of: [output], from: connection, inputs: [input], deriver: derivation)
        }
        #expect(try await keeper.host.isValid(output))
        let contents = try String(contentsOfFile: keeper.host.physicalPath(of: output), encoding: .utf8)
        #expect(contents == "\(output) \(input)\n")
    }

    @Test func `what came in outlives a collection as soon as it is there`() async throws {
        try await importing(try await export([output]))
        let other = try await keeper.host.withConnection { try await $0.addText(Array("other".utf8), name: "other") }
        let collected = try await keeper.host.withConnection { try await $0.collectGarbage() }
        #expect(collected.deleted == [other])
        #expect(try await keeper.host.withConnection { try await $0.allValidPaths() } == [input, output])
    }

    @Test func `an export goes through the daemon's own import`() async throws {
        let bytes = try await export([output])
        let rest = Feed(bytes)
        let imported = try await keeper.host.withConnection { connection in
            try await connection.importPaths { await rest.next($0) }
        }
        #expect(imported == [output])
        #expect(try await keeper.host.isValid(output))
    }

    @Test func `an item that nobody expects is refused and nothing is kept`() async throws {
        let bytes = try await export([output])
        await #expect(throws: StoreDaemonError.unexpectedItem(output)) {
            try await importing(bytes, expected: [derivation])
        }
        let both = try await export([output, input])
        await #expect(throws: StoreDaemonError.unexpectedItem(input)) { try await importing(both) }
        #expect(try await keeper.host.isValid(output) == false)
    }

    @Test func `an export that lacks an item is refused`() async throws {
        let bytes = try await export([])
        await #expect(throws: StoreDaemonError.missingItems([output])) { try await importing(bytes) }
    }

    @Test func `an item that hides a reference is refused`() async throws {
        let bytes = try await export([output])
        let lie = ExportedItem(path: output, references: [input], deriver: nil)
        let archive = bytes.prefix(bytes.count - 8 - trueTrailerSize).dropFirst(8)
        let forged = ExportArchive.itemMark + archive + lie.trailer() + ExportArchive.endMark
        let found = [input, output].sorted()
        await #expect(throws: StoreDaemonError.wrongReferences(of: output, claimed: [input], found: found)) {
            try await importing(forged)
        }
    }

    @Test func `an archive beyond the limit is refused`() async throws {
        let bytes = try await export([output])
        await #expect(throws: StoreDaemonError.archiveTooLarge(limit: 100)) { try await importing(bytes, limit: 100) }
    }

    @Test func `an export that is cut or followed by bytes is refused`() async throws {
        let bytes = try await export([output])
        await #expect(throws: DerivationsError.self) { try await importing(Array(bytes.dropLast(9))) }
        await #expect(throws: StoreDaemonError.self) { try await importing(bytes + [0]) }
        #expect(try await keeper.host.isValid(output) == false)
    }

    private var trueTrailerSize: Int {
        ExportedItem(path: output, references: [input, output], deriver: derivation).trailer().count
    }
}
