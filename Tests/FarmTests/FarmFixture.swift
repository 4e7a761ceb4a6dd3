// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Jobsets
import Postgres
import PostgresFixture
import SchemaMigrations
import Testing
import TimeTravel

/// A farm with one jobset and no server: tests move it by hand.
struct FarmFixture: Sendable {
    let database: FarmDatabase
    let jobset: StoredJobset
    let worker: Int

    let screening: Conditions

    static let start = CivilDate(firstOf: 2020).start

    /// Runs a test with a farm of its own.
    nonisolated(nonsending) static func run(
        alerts: String = "", _ body: nonisolated(nonsending) (FarmFixture) async throws -> Void
    ) async throws {
        try await withFreshDatabase(migrations: schemaMigrations) { pool in
            try await body(try await make(FarmDatabase(pool: pool), alerts: alerts))
        }
    }

    /// Puts the jobset and a worker into an empty database.
    static func make(_ database: FarmDatabase, alerts: String = "") async throws -> FarmFixture {
        let description = try JobsetReader.read(
            """
            name: sample
            engine: nix
            channel: {name: sample, url: /channels/sample}
            revisions: [{head: master}]
            schedule: {cron: 0 2 * * *, timeZone: Europe/Berlin}
            \(alerts)
            """, file: "sample.yaml")
        _ = try await database.store([description], now: start)
        let jobset = try await database.jobset(named: "sample")
        try await database.lookedUp(jobset: jobset, nextDue: jobset.nextDue, problem: nil)
        return FarmFixture(
            database: database, jobset: jobset,
            worker: try await database.registerWorker(WorkerOffer(name: "test", host: "here", capacity: 2)),
            screening: try #require(Conditions("2100-01-01T00:00:00Z x86-64-v1 6.1.0-test-amd64 1")))
    }

    /// A chain of derivations: a source, then each using the one before it.
    static func chain(_ names: [String]) throws -> [(path: StorePath, derivation: Derivation)] {
        var chain: [(path: StorePath, derivation: Derivation)] = []
        for (index, name) in names.enumerated() {
            let output = try StorePath(.guix, baseName: "\(hash(index * 2 + 1))-\(name)")
            chain.append(
                (
                    try StorePath(.guix, baseName: "\(hash(index * 2))-\(name).drv"),
                    Derivation(
                        outputs: [
                            index == 0
                                ? DerivationOutput(
                                    name: "out", path: output, hashAlgorithm: "sha256",
                                    hash: String(repeating: "0", count: 64))
                                : DerivationOutput(name: "out", path: output)
                        ], inputDerivations: chain.last.map { [.init(path: $0.path, outputs: ["out"])] } ?? [],
                        inputSources: [], system: "x86_64-linux", builder: "/bin/sh", arguments: [], environment: [])
                ))
        }
        return chain
    }

    static func hash(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 32 - text.count) + text
    }

    /// Ingests a chain as one evaluation whose jobs are all but the source.
    @discardableResult
    func evaluate(
        _ names: [String], commit: Int = 1, cause: String = "loaded", repeats: [String: Int] = [:]
    ) async throws -> IngestResult {
        try await evaluate(closure: try Self.chain(names), commit: commit, cause: cause, repeats: repeats)
    }

    /// Ingests derivations as one evaluation whose jobs are all but the first.
    @discardableResult
    func evaluate(
        closure chain: [(path: StorePath, derivation: Derivation)], commit: Int = 1, cause: String = "loaded",
        repeats: [String: Int] = [:]
    ) async throws -> IngestResult {
        let revision = try await database.store(
            revisions: [(String(repeating: "\(commit)", count: 40), Self.start, "a change")], channel: jobset.channel)
        _ = try await database.queueEvaluations(jobset: jobset, revisions: revision, cause: cause, again: true)
        guard let evaluation = try await database.startEvaluation() else { throw Missing.evaluation }
        return try await database.ingest(
            IngestBatch(closure: chain, isAvailable: { _ in false }),
            jobs: chain.dropFirst().map {
                let name = String($0.path.name.dropLast(4))
                return IngestJob(
                    name: name, package: name, version: "1", system: "x86_64-linux", derivation: .success($0.path))
            }, evaluation: evaluation, screening: [screening], repeats: repeats, priority: 0)
    }

    /// Makes the first source of the farm available.
    func fetchSource() async throws {
        guard let source = try await database.claimSources(count: 1).first else { throw Missing.source }
        try await database.sourceAvailable(source.derivation, from: "here")
    }

    func claim() async throws -> ClaimedBuild {
        guard let claim = try await database.claim(worker: worker, count: 1).first else { throw Missing.build }
        return claim
    }

    func report(_ outcome: Outcome, of claim: ClaimedBuild) throws -> RunReport {
        if outcome == .infrastructure { return RunReport(outcome: outcome, reason: "the guest went away") }
        return RunReport(
            outcome: outcome, guestBegan: claim.conditions.date, guestEnded: claim.conditions.date + 10, seconds: 10,
            evidence: PostgresJSON(Array("{}".utf8)), logFile: "\(claim.run).log.gz", logBytes: 3)
    }

    @discardableResult
    func finish(_ claim: ClaimedBuild, _ outcome: Outcome) async throws -> Bool {
        try await database.finish(claim, try report(outcome, of: claim))
    }

    /// States of the builds of a derivation, by number.
    func states(_ name: String) async throws -> [String] {
        try await database.builds(derivation: name).map(\.state)
    }

    enum Missing: Error { case evaluation, source, build }
}
