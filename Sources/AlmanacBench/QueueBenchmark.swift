// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Foundation
import Postgres
import SchemaMigrations
import TimeTravel

/// `almanac-bench queue`: the farm's queue on a synthetic Guix, each figure beside a plain job table in the same database.
struct QueueBenchmark {
    static let revisions = 5
    static let batch = 64
    static let claimers = [1, 4, 16]

    let scale: Double
    let seed: UInt64
    let administrator: PostgresConfiguration
    /// Says what is done at the moment.
    let progress: @Sendable (String) -> Void

    func run() async throws -> QueueFigures {
        progress("generating the graph")
        let graph = QueueGraph(scale: scale, seed: seed)
        let laboratory = try await QueueLaboratory.make(administrator, name: "almanac_bench_queue", connections: 20)
        let river = RiverTable(pool: laboratory.database.pool)
        try await river.create()
        var figures = QueueFigures(
            builds: graph.inputs.count, edges: graph.edgeCount, dependents: graph.culpritDependents)
        let culprit = try await ingest(graph, laboratory, &figures)
        try await ingest(river, &figures)
        let claimers = QueueClaimers(database: laboratory.database, batch: Self.batch, ledger: ClaimLedger())
        try await restart(laboratory, river, claimers.ledger, &figures)
        try await fail(culprit, laboratory, river, claimers, &figures)
        try await claim(claimers, river, &figures)
        try await drain(claimers, river, &figures)
        figures.duplicates = try await duplicates(laboratory, claimers.ledger)
        figures.databaseBytes = try await size(laboratory)
        try await laboratory.remove(administrator)
        try await curve(&figures)
        return figures
    }

    // MARK: Steps

    /// - Returns: the path of the derivation that is to fail, of the last revision.
    private func ingest(
        _ graph: QueueGraph, _ laboratory: QueueLaboratory, _ figures: inout QueueFigures
    ) async throws -> String {
        for revision in 1...Self.revisions {
            progress("ingesting revision \(revision)")
            let (seconds, result) = try await laboratory.ingest(
                try graph.derivations(revision: revision), commit: revision)
            guard result.newBuilds == graph.inputs.count else { throw QueueBenchmarkError.empty("an ingestion") }
            figures.ingestSeconds.append(seconds)
        }
        progress("ingesting the last revision again")
        let last = try graph.derivations(revision: Self.revisions)
        let (seconds, result) = try await laboratory.ingest(last, commit: Self.revisions + 1)
        guard result.newDerivations == 0, result.newBuilds == 0 else {
            throw QueueBenchmarkError.empty("a known revision")
        }
        figures.knownRevisionSeconds = seconds
        return last[graph.culprit].path.baseName
    }

    private func ingest(_ river: RiverTable, _ figures: inout QueueFigures) async throws {
        progress("filling the plain job table")
        let count = figures.builds
        for revision in 0..<Self.revisions {
            figures.river.ingestSeconds.append(
                try await seconds { try await river.insert(revision * count..<(revision + 1) * count) })
        }
        figures.river.knownRevisionSeconds = try await seconds { try await river.insert(0..<count) }
    }

    /// A server that was killed with builds in flight comes back: its former self's leases return, and its first claim
    /// is answered.
    private func restart(
        _ laboratory: QueueLaboratory, _ river: RiverTable, _ ledger: ClaimLedger, _ figures: inout QueueFigures
    ) async throws {
        progress("restarting with \(figures.builds * Self.revisions) builds queued")
        let offer = WorkerOffer(name: "server", host: "bench", capacity: Self.batch)
        let former = try await laboratory.database.registerWorker(offer)
        let lost = try await laboratory.database.claim(worker: former, count: Self.batch)
        ledger.claimed(lost.map(\.build))
        ledger.givenBack(lost.map(\.build))
        let start = ContinuousClock.now
        _ = try await Migrator(schemaMigrations).migrate(laboratory.configuration)
        let database = FarmDatabase(pool: PostgresPool(laboratory.configuration))
        try await database.requeueEvaluations()
        try await database.requeueSources()
        try await database.retireWorkers(named: offer.name)
        let worker = try await database.registerWorker(offer)
        let first = try await database.claim(worker: worker, count: 1)
        figures.restartSeconds = (ContinuousClock.now - start) / .seconds(1)
        guard let claim = first.first else { throw QueueBenchmarkError.empty("the claim after a restart") }
        ledger.claimed([claim.build])
        if try await database.finish(claim, QueueLaboratory.report(.succeeded, claim)) { ledger.finished(1) }
        await database.pool.close()

        let jobs = try await river.fetch(Self.batch)
        figures.river.restartSeconds = try await seconds {
            try await river.rescue()
            guard try await !river.fetch(1).isEmpty else { throw QueueBenchmarkError.empty("the plain table") }
        }
        try await river.complete(jobs)
    }

    /// The build with a fifth of the others above it fails, and its investigation finds it broken.
    private func fail(
        _ derivation: String, _ laboratory: QueueLaboratory, _ river: RiverTable, _ claimers: QueueClaimers,
        _ figures: inout QueueFigures
    ) async throws {
        progress("failing a build with \(figures.dependents) dependents")
        let database = laboratory.database
        let worker = try await database.registerWorker(
            WorkerOffer(name: "failing", host: "bench", capacity: Self.batch))
        let claim = try await claimers.runUntil(
            derivation: derivation, worker: worker, limit: figures.builds * Self.revisions)
        let start = ContinuousClock.now
        _ = try await database.finish(claim, QueueLaboratory.report(.failed, claim))
        figures.failSeconds = (ContinuousClock.now - start) / .seconds(1)
        guard let number = try await database.openInvestigations().first,
            let investigation = try await database.openInvestigation(number)
        else { throw QueueBenchmarkError.empty("the investigation") }
        let subject = Subject(
            package: "package", version: "1.0", derivation: derivation, screening: [claim.conditions],
            reference: claim.conditions)
        let finding = Finding(verdict: .broken, probability: 1, runs: [claim.run], reason: "it fails everywhere")
        figures.failPropagationSeconds = try await seconds {
            _ = try await database.conclude(investigation, subject: subject, finding: finding)
        }
        let failed = try await database.pool.query("select count(*) n from build where state = 'dependency-failed'")
        figures.dependentsFailed = try failed.first?.decode("n") ?? 0
        claimers.ledger.finished(1 + figures.dependentsFailed)

        let ids = try await database.pool.query(
            "select id from plain_job where state = 'available' order by id desc limit $1", [figures.dependentsFailed]
        ).map { try $0.decode("id", as: Int64.self) }
        figures.river.failPropagationSeconds = try await seconds { try await river.cancel(ids) }
    }

    private func claim(_ claimers: QueueClaimers, _ river: RiverTable, _ figures: inout QueueFigures) async throws {
        let limit = figures.builds / 2
        for count in Self.claimers {
            progress("claiming and completing with \(count) claimers")
            let (builds, seconds) = try await claimers.run(count, limit: limit)
            figures.claimComplete.append(.init(claimers: count, builds: builds, seconds: seconds))
            let plain = try await run(river, count, limit: limit)
            figures.river.claimComplete.append(.init(claimers: count, builds: plain.jobs, seconds: plain.seconds))
        }
    }

    private func drain(_ claimers: QueueClaimers, _ river: RiverTable, _ figures: inout QueueFigures) async throws {
        progress("draining what is left")
        let rest = try await claimers.run(4, limit: .max)
        figures.drain = .init(claimers: 4, builds: rest.builds, seconds: rest.seconds)
        let plain = try await run(river, 4, limit: .max)
        figures.river.drain = .init(claimers: 4, builds: plain.jobs, seconds: plain.seconds)
    }

    private func run(_ river: RiverTable, _ count: Int, limit: Int) async throws -> (jobs: Int, seconds: Double) {
        let ledger = ClaimLedger()
        let seconds = try await seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        while ledger.finished < limit {
                            let jobs = try await river.fetch(Self.batch)
                            if jobs.isEmpty { return }
                            try await river.complete(jobs)
                            ledger.finished(jobs.count)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        return (ledger.finished, seconds)
    }

    /// Claims of one build with more and more ready, each waiting for the disk.
    private func curve(_ figures: inout QueueFigures) async throws {
        let laboratory = try await QueueLaboratory.make(administrator, name: "almanac_bench_curve", connections: 2)
        let river = RiverTable(pool: laboratory.database.pool)
        try await river.create()
        let worker = try await laboratory.database.registerWorker(
            WorkerOffer(name: "curve", host: "bench", capacity: 1))
        var queued = 0
        for size in [1_000, 10_000, 100_000, 300_000, 1_000_000].map({ max(100, Int(Double($0) * scale)) }) {
            progress("picking among \(size)")
            while queued < size {
                let more = min(size - queued, 50_000)
                let flat = try QueueGraph(unconnected: more).derivations(revision: 1_000_000 + queued)
                _ = try await laboratory.ingest(flat, commit: 1_000 + queued)
                try await river.insert(queued..<queued + more)
                queued += more
            }
            try await river.vacuum()
            try await laboratory.database.pool.execute(script: "vacuum analyze build")
            var point = QueueFigures.Point(queued: size)
            for _ in 0..<60 {
                point.pick.append(
                    try await seconds { _ = try await laboratory.database.claim(worker: worker, count: 1) })
                point.river.append(try await seconds { _ = try await river.fetch(1) })
            }
            figures.curve.append(point)
        }
        try await laboratory.remove(administrator)
    }

    // MARK: Checks

    /// Builds given out or closed twice, by the claimers' ledger and by the runs in the database.
    private func duplicates(_ laboratory: QueueLaboratory, _ ledger: ClaimLedger) async throws -> Int {
        let rows = try await laboratory.database.pool.query(
            """
            select (select count(*) from (select build_id from run where outcome <> 'infrastructure'
                                          group by build_id having count(*) > 1) s)
                   + (select count(*) from run where outcome is null)
                   + (select count(*) from build where finished is null) n
            """)
        return ledger.duplicates + (try rows.first?.decode("n", as: Int.self) ?? 0)
    }

    private func size(_ laboratory: QueueLaboratory) async throws -> Int {
        try await laboratory.database.pool.query(
            """
            select sum(pg_total_relation_size(c.oid))::int8 n from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'plain_job'
            """
        ).first?.decode("n") ?? 0
    }

    private func seconds(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
