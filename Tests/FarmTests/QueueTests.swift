// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Postgres
import Testing
import TimeTravel

@Suite struct QueueTests {
    @Test func `builds wait for the outputs of their inputs, and for nothing else`() async throws {
        try await FarmFixture.run { farm in
            let result = try await farm.evaluate(["source", "library", "program"])
            #expect(result.newDerivations == 3 && result.newBuilds == 2)
            #expect(try await farm.database.claim(worker: farm.worker, count: 9).isEmpty)

            try await farm.fetchSource()
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.states("program") == ["blocked"])

            let library = try await farm.claim()
            #expect(library.derivationPath.hasSuffix("-library.drv"))
            #expect(library.conditions == farm.screening)
            try await farm.finish(library, .succeeded)
            #expect(try await farm.states("program") == ["ready"])
            try await farm.finish(try await farm.claim(), .succeeded)

            let verdicts = try await farm.database.verdictRecords()
            #expect(verdicts.map(\.verdict) == [.sound, .sound])
            #expect(try await farm.database.progress().isSettled)
        }
    }

    @Test func `an evaluation of known derivations adds nothing but its jobs`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            let again = try await farm.evaluate(["source", "library", "program"], commit: 2)
            #expect(again.knownDerivations == 3 && again.newDerivations == 0 && again.newBuilds == 0)
            let revisions = try await farm.database.verdictRecords().map(\.revisions.count)
            #expect(revisions == [2, 2])
        }
    }

    @Test func `a second report of a run changes nothing`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            let claim = try await farm.claim()
            #expect(try await farm.finish(claim, .succeeded))
            #expect(try await !farm.finish(claim, .failed))
            #expect(try await farm.states("library") == ["succeeded"])
            #expect(try await farm.database.openInvestigations().isEmpty)
        }
    }

    @Test func `a lost worker's builds return to the queue once, the loss recorded as infrastructure`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            let claim = try await farm.claim()
            try await farm.database.retireWorkers(named: "test")
            try await farm.database.retireWorkers(named: "test")
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.database.run(claim.run)?.outcome == .infrastructure)
            #expect(try await !farm.finish(claim, .failed))

            #expect(try await !farm.database.heartbeat(worker: farm.worker).wasKnown)
            #expect(try await farm.database.heartbeat(worker: farm.worker).wasKnown)
            try await farm.finish(try await farm.claim(), .succeeded)
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [.sound])
        }
    }

    @Test func `being stopped ten times does not count against a build`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            for _ in 0..<10 {
                _ = try await farm.claim()
                try await farm.database.retire(worker: farm.worker)
                _ = try await farm.database.heartbeat(worker: farm.worker)
            }
            #expect(try await farm.states("library") == ["ready"])
        }
    }

    @Test func `infrastructure failures are retried with a pause, then given up without a verdict`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            for attempt in 1...FarmDatabase.lossLimit {
                try await farm.finish(try await farm.claim(), .infrastructure)
                guard attempt < FarmDatabase.lossLimit else { break }
                #expect(try await farm.database.claim(worker: farm.worker, count: 1).isEmpty)
                _ = try await farm.database.pool.query("update build set retry_at = null")
            }
            #expect(try await farm.states("library") == ["cancelled"])
            #expect(try await farm.states("program") == ["dependency-failed"])
            #expect(try await farm.database.openInvestigations().isEmpty)
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [nil, nil])
        }
    }

    @Test func `a lost source fails what needs it, with the reason`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            guard let source = try await farm.database.claimSources(count: 1).first else {
                throw FarmFixture.Missing.source
            }
            try await farm.database.sourceLost(source.derivation, name: "source", error: "nobody has it")
            #expect(try await farm.states("program") == ["dependency-failed"])
            let reasons = try await farm.database.verdictRecords().compactMap(\.reason)
            #expect(reasons == Array(repeating: "the source source is lost: nobody has it", count: 2))
        }
    }

    @Test func `a closed run cannot be changed or deleted, not even by hand`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await farm.finish(try await farm.claim(), .succeeded)
            await #expect(throws: (any Error).self) {
                try await farm.database.pool.query("update run set outcome = 'failed'")
            }
            await #expect(throws: (any Error).self) { try await farm.database.pool.query("delete from run") }
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `runs that make what had been given up do not fail each other`() async throws {
        try await FarmFixture.run { farm in
            let names = (1...6).map { "package-\($0)" }
            var closure = try FarmFixture.chain(["source"] + names)
            for index in closure.indices.dropFirst() { closure[index].derivation.inputDerivations = [] }
            try await farm.evaluate(closure: closure)
            let pool = farm.database.pool
            let claims = try await farm.database.claim(worker: farm.worker, count: names.count)
            _ = try await pool.query("update derivation set availability = 'unavailable' where not is_fixed")
            let others = PostgresPool(pool.configuration, limits: PostgresPoolLimits(connections: names.count))
            let reports = try claims.map { (run: $0.run, report: try farm.report(.succeeded, of: $0)) }
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                // All have the queue's lock, with each other, when they come to the builds.
                try await pool.transaction { connection in
                    _ = try await connection.query("select from build for update")
                    for report in reports {
                        tasks.addTask { try await FarmDatabase(pool: others).finish([report]).count }
                    }
                    while try await Self.waiting(pool) < names.count {}
                }
                for try await closed in tasks { #expect(closed == 1) }
            }
            await others.close()
            #expect(try await farm.database.builds().map(\.state) == names.map { _ in "succeeded" })
            let left = try await pool.query("select from derivation where availability = 'unavailable'")
            #expect(left.isEmpty)
        }
    }

    /// How many sessions wait for another; within one transaction the answer would stay the same.
    private static func waiting(_ pool: PostgresPool) async throws -> Int {
        let rows = try await pool.query(
            """
            select count(*) n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            """)
        return try rows.first?.decode("n") ?? 0
    }
}
