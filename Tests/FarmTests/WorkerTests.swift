// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Logging
import Postgres
import PostgresFixture
import SchemaMigrations
import ServiceLifecycle
import Testing
import TimeTravel

@Suite struct WorkerTests {
    private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Runs a worker until its farm has nothing more to do.
    private func work(
        _ farm: FarmFixture, _ configuration: PostgresConfiguration,
        build: @escaping @Sendable (ClaimedBuild) async throws -> RunReport
    ) async throws {
        let wakeUps = WakeUps(listener: PostgresListener(configuration), interval: .milliseconds(100))
        let worker = Worker(
            database: farm.database, offer: WorkerOffer(name: "worker", host: "here", capacity: 1), wakeUps: wakeUps,
            logger: silent,
            build: build)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: wakeUps), .init(service: worker)], logger: silent))
        let changes = wakeUps.stream(.runs)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in changes {
                if let progress = try? await farm.database.progress(), progress.isSettled { break }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func success(_ claim: ClaimedBuild) -> RunReport {
        RunReport(
            outcome: .succeeded, guestBegan: claim.conditions.date, guestEnded: claim.conditions.date + 5, seconds: 5,
            evidence: PostgresJSON(Array("{}".utf8)))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a run outlives a restart of PostgreSQL in its middle`() async throws {
        try await withTemporaryCluster { cluster, _ in
            let configuration = try await cluster.start()
            _ = try await Migrator(schemaMigrations).migrate(configuration)
            let pool = PostgresPool(configuration)
            let farm = try await FarmFixture.make(FarmDatabase(pool: pool))
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await work(farm, configuration) { claim in
                try await cluster.stop()
                _ = try await cluster.start()
                return success(claim)
            }
            #expect(try await farm.states("library") == ["succeeded"])
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [.sound])
            let runs = try await farm.database.builds().flatMap(\.runs)
            #expect(runs.count == 1)
            await pool.close()
            try await cluster.stop()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a build that throws is infrastructure, is retried, and never a verdict`() async throws {
        try await FarmFixture.run { farm in
            struct QEMUDied: Error {}
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            _ = try await farm.database.pool.query("update build set losses = $1 - 1", [FarmDatabase.lossLimit])
            try await work(farm, farm.database.pool.configuration) { _ in throw QEMUDied() }
            #expect(try await farm.states("library") == ["cancelled"])
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [nil])
            let run = try #require(try await farm.database.builds().first?.runs.first)
            #expect(try await farm.database.run(run)?.outcome == .infrastructure)
            #expect(try await farm.database.run(run)?.reason == "QEMUDied()")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a worker that has nothing to build, or has been there long enough, leaves by itself`() async throws {
        for leaving in [Worker.Leaving(whenIdle: .milliseconds(200)), .init(after: .milliseconds(200))] {
            try await FarmFixture.run { farm in
                try await farm.evaluate(["source", "one", "two"])
                try await farm.fetchSource()
                let wakeUps = WakeUps(
                    listener: PostgresListener(farm.database.pool.configuration), interval: .milliseconds(100))
                let worker = Worker(
                    database: farm.database, offer: WorkerOffer(name: "worker", host: "here", capacity: 1, job: "1_0"),
                    pace: .init(heartbeat: .milliseconds(50)), leaving: leaving, wakeUps: wakeUps, logger: silent
                ) { success($0) }
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await wakeUps.run() }
                    try await worker.run()
                    tasks.cancelAll()
                    try await tasks.waitForAll()
                }
                let records = try await farm.database.workerRecords().filter { $0.job == "1_0" }
                #expect(records.map(\.state) == [.gone])
                // It leaves with all that it took recorded, and no lease.
                let builds = try await farm.database.builds()
                #expect(builds.allSatisfy { $0.state != "leased" })
                if leaving.whenIdle != nil { #expect(builds.map(\.state) == ["succeeded", "succeeded"]) }
            }
        }
    }
}
