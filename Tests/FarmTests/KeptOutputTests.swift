// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import Foundation
import Logging
import Postgres
import StoreDaemon
import Testing
import TimeTravel

@testable import Farm

/// That a collection by hand, at any time, takes nothing of the farm's results.
@Suite(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/nix-daemon"), "nix-bin is not installed"))
struct KeptOutputTests {
    private struct Scene {
        let farm: FarmFixture
        let store: HostStore
        let sweep: RetentionSweep

        /// Takes what the claimed build would have made into the store.
        func importOutput(of claim: ClaimedBuild) async throws -> StorePath {
            let file = store.spoolFile
            try claim.derivationPath.write(toFile: file, atomically: true, encoding: .utf8)
            let rows = try await farm.database.pool.query(
                """
                select d.output_paths[1] path from build b join derivation d on d.id = b.derivation_id where b.id = $1
                """, [claim.build])
            let output = try StorePath(.guix, baseName: try #require(rows.first).decode("path"))
            var reader = ArchiveReader(of: file)
            var export = ExportArchive.itemMark
            while let bytes = try reader.next() { export += bytes }
            export += ExportedItem(path: output, references: [], deriver: nil).trailer() + ExportArchive.endMark
            let (near, far) = MemoryStream.pair()
            let bytes = export
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await near.write(bytes)
                    near.finishWriting()
                }
                try await store.importArchive(from: far, expected: [output], inputs: [], deriver: nil)
            }
            return output
        }

        func collect() async throws -> Set<StorePath> {
            try await store.withConnection { connection in
                _ = try await connection.collectGarbage()
                return try await connection.allValidPaths()
            }
        }
    }

    private nonisolated(nonsending) func run(
        _ body: nonisolated(nonsending) (Scene) async throws -> Void
    ) async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("kept-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        try await FarmFixture.run { farm in
            let data = DataDirectory(path: root.path)
            try data.create()
            let store = try HostStore.nix(dataDirectory: root.path)
            let sweep = RetentionSweep(
                database: farm.database, store: store, data: data,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { Instant(seconds: Int64(Date().timeIntervalSince1970)) }
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await body(Scene(farm: farm, store: store, sweep: sweep))
        }
    }

    @Test func `an output outlives a collection from its import on, before and after the first sweep`() async throws {
        try await run { scene in
            let claim = try await scene.farm.claim()
            let output = try await scene.importOutput(of: claim)
            #expect(try await scene.collect() == [output])
            try await scene.farm.finish(claim, .succeeded)
            #expect(try await scene.collect() == [output])
            _ = try await scene.sweep()
            #expect(try await scene.collect() == [output])
        }
    }

    @Test func `a sweep between an output's import and its record leaves it`() async throws {
        try await run { scene in
            let claim = try await scene.farm.claim()
            let output = try await scene.importOutput(of: claim)
            _ = try await scene.sweep()
            #expect(try await scene.collect() == [output])
            try await scene.farm.finish(claim, .succeeded)
            #expect(try await scene.collect() == [output])
        }
    }

    @Test func `what an evaluation finds in the store outlives a collection`() async throws {
        try await run { scene in
            let (store, farm) = (scene.store, scene.farm)
            try "contents".write(toFile: store.spoolFile, atomically: true, encoding: .utf8)
            let hash = ContentHash.of(Array("contents".utf8))
            let output = try await store.addFixedOutput(
                file: store.spoolFile, name: "found", sha256: hash, recursive: false)
            let derivation = Derivation(
                outputs: [DerivationOutput(name: "out", path: output, hashAlgorithm: "sha256", hash: hash.base16)],
                inputDerivations: [], inputSources: [], system: "x86_64-linux", builder: "/bin/sh", arguments: [],
                environment: [.init(name: "out", value: "\(output)")])
            // Nothing is known of it yet.
            _ = try await scene.sweep()
            let path = try await store.withConnection {
                try await $0.addText(derivation.printed(), name: "found.drv")
            }
            let revision = try await farm.database.store(
                revisions: [(String(repeating: "a", count: 40), FarmFixture.start, "a change")],
                channel: farm.jobset.channel)
            _ = try await farm.database.queueEvaluations(jobset: farm.jobset, revisions: revision, cause: "loaded")
            try await EvaluationRound(
                database: farm.database, store: store, defaultKernel: farm.screening.kernel, now: { FarmFixture.start },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { _, _, _ in
                EvaluatedRevision(
                    jobs: [
                        IngestJob(
                            name: "found", package: "found", version: "1", system: "x86_64-linux",
                            derivation: .success(path))
                    ], log: "")
            }()
            let available = try await farm.database.pool.query(
                "select from derivation where name = 'found' and availability = 'available'")
            #expect(available.count == 1)
            #expect(try await scene.collect().contains(output))
        }
    }

    @Test func `what a worker brought that was gone before it told goes with the next sweep`() async throws {
        try await run { scene in
            let output = try await scene.importOutput(of: try await scene.farm.claim())
            try await scene.farm.database.retire(worker: scene.farm.worker)
            #expect(try await scene.collect() == [output])
            _ = try await scene.sweep()
            #expect(try await scene.collect() == [])
        }
    }
}

extension HostStore {
    /// A file outside the store.
    fileprivate var spoolFile: String { "\(physicalDirectory)-made" }
}
