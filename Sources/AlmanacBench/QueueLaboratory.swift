// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Foundation
import Jobsets
import Postgres
import SchemaMigrations
import TimeTravel

/// A farm's database of its own, moved by the farm's own functions.
struct QueueLaboratory: Sendable {
    let configuration: PostgresConfiguration
    let database: FarmDatabase
    let jobset: StoredJobset

    static let screening = Conditions(
        date: CivilDate(firstOf: 2100).start, cpu: .baseline, kernel: .simulated, cores: 1)

    /// - Parameter administrator: a database of the server, from which others can be made.
    static func make(_ administrator: PostgresConfiguration, name: String, connections: Int) async throws -> Self {
        let connection = try await PostgresConnection.connect(administrator)
        try await connection.execute(script: "drop database if exists \(name) with (force)")
        try await connection.execute(script: "create database \(name)")
        await connection.close()
        let configuration = administrator.database(name)
        _ = try await Migrator(schemaMigrations).migrate(configuration)
        let database = FarmDatabase(
            pool: PostgresPool(configuration, limits: PostgresPoolLimits(connections: connections)))
        let description = try JobsetReader.read(
            """
            name: bench
            engine: guix
            channel: {name: guix, url: /channels/guix}
            revisions: [{head: master}]
            """, file: "bench.yaml")
        _ = try await database.store([description], now: CivilDate(firstOf: 2024).start)
        return QueueLaboratory(
            configuration: configuration, database: database, jobset: try await database.jobset(named: "bench"))
    }

    func remove(_ administrator: PostgresConfiguration) async throws {
        await database.pool.close()
        guard let name = configuration.databaseOverride else { return }
        let connection = try await PostgresConnection.connect(administrator)
        try await connection.execute(script: "drop database if exists \(name) with (force)")
        await connection.close()
    }

    /// Takes in a revision as the server does after evaluating it; half of the derivations are jobs, as in Guix.
    ///
    /// - Returns: seconds from the first row sent to the commit.
    func ingest(
        _ closure: [(path: StorePath, derivation: Derivation)], commit: Int, screening: [Conditions] = [Self.screening]
    ) async throws -> (seconds: Double, result: IngestResult) {
        let batch = IngestBatch(closure: closure) { _ in false }
        let jobs = closure.enumerated().filter { $0.offset % 2 == 1 }.map { index, item in
            let name = String(item.path.name.dropLast(4))
            return IngestJob(
                name: name, package: "package-\(index)", version: "1.0", system: "x86_64-linux",
                derivation: .success(item.path))
        }
        let digits = String(commit)
        let revision = try await database.store(
            revisions: [
                (String(repeating: "0", count: 40 - digits.count) + digits, CivilDate(firstOf: 2024).start, "a change")
            ], channel: jobset.channel)
        _ = try await database.queueEvaluations(jobset: jobset, revisions: revision, cause: "manual", again: true)
        guard let evaluation = try await database.startEvaluation() else { throw QueueBenchmarkError.noEvaluation }
        let start = ContinuousClock.now
        let result = try await database.ingest(
            batch, jobs: jobs, evaluation: evaluation, screening: screening, priority: 0)
        return ((ContinuousClock.now - start) / .seconds(1), result)
    }

    /// What a worker reports, with evidence of about the size that a guest's has.
    static func report(_ outcome: Outcome, _ claim: ClaimedBuild) -> RunReport {
        RunReport(
            outcome: outcome, reason: outcome == .failed ? "the tests failed" : nil, guestBegan: claim.conditions.date,
            guestEnded: claim.conditions.date + 60, seconds: 60, evidence: evidence,
            logFile: "logs/0/\(claim.run).log.gz", logBytes: 12_345)
    }

    private static let evidence = PostgresJSON(
        Array(
            #"""
            {"accelerator":"tcg","clock":{"began":4102444800,"drift":0.0002,"ended":4102444860,"rate":1.0001},
            "cpu":{"asked":"x86-64-v1","flags":["fpu","sse","sse2","mmx","cx8","fxsr"]},"cores":1,
            "kernel":"6.1.0-simulated","qemu":"7.2.22","command":["qemu-system-x86_64","-machine","q35","-m","1024"]}
            """#.utf8))
}

enum QueueBenchmarkError: Error, CustomStringConvertible {
    case noEvaluation
    case culpritNeverReady(Int)
    case empty(String)

    var description: String {
        switch self {
        case .noEvaluation: "no evaluation could be started; is the database in use by another farm?"
        case .culpritNeverReady(let claims): "the build that is to fail was not ready after \(claims) claims"
        case .empty(let what): "\(what) found nothing to do"
        }
    }
}
