// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Synchronization
import Testing
import TimeTravel

@testable import Farm

/// What is recorded of horizons while traps change.
@Suite struct HorizonWatchTests {
    /// A settled evaluation with one trap, of which no horizon is recorded.
    private nonisolated(nonsending) func run(
        _ body: nonisolated(nonsending) (FarmFixture) async throws -> Void
    ) async throws {
        try await FarmFixture.run { farm in
            let edge = CivilDate(firstOf: 2050).start
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await farm.settle { _, conditions in conditions.date < edge }
            try await farm.database.countEvaluations()
            try await body(farm)
        }
    }

    private func limits(_ farm: FarmFixture) async throws -> [HorizonLimits] {
        try await farm.database.pool.query("select not_before, not_after, is_empty from horizon").map { row in
            HorizonLimits(
                notBefore: try row.optionalInstant("not_before"), notAfter: try row.optionalInstant("not_after"),
                isEmpty: try row.decode("is_empty"))
        }
    }

    /// Has horizons recorded while a change of traps is not committed, which is when it waits for that or is done.
    private nonisolated(nonsending) func watch(_ farm: FarmFixture, during change: String) async throws {
        let pool = farm.database.pool
        let others = PostgresPool(pool.configuration)
        let end = End()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            try await pool.transaction { connection in
                _ = try await connection.query(change)
                tasks.addTask {
                    try await FarmDatabase(pool: others).watchHorizons()
                    end.hasCome.withLock { $0 = true }
                }
                while try await !isWaiting(pool), !end.hasCome.withLock({ $0 }) {}
            }
            try await tasks.waitForAll()
        }
        await others.close()
    }

    private func isWaiting(_ pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ).isEmpty == false
    }

    @Test func `a trap that is disputed while a horizon is recorded for the first time does not count`() async throws {
        try await run { farm in
            try await watch(farm, during: "update trap set status = 'disputed'")
            #expect(try await limits(farm) == [HorizonLimits(notBefore: nil, notAfter: nil)])
            // It counts again.
            _ = try await farm.database.pool.query("update trap set status = 'open'")
            try await farm.database.watchHorizons()
            #expect(try await limits(farm).compactMap(\.notAfter).count == 1)
        }
    }

    @Test func `a trap that is disputed while a horizon is recorded again does not count either`() async throws {
        try await run { farm in
            try await farm.database.watchHorizons()
            #expect(try await limits(farm).compactMap(\.notAfter).count == 1)
            _ = try await farm.database.pool.query("update horizon set is_outdated = true")
            try await watch(farm, during: "update trap set status = 'disputed'")
            #expect(try await limits(farm) == [HorizonLimits(notBefore: nil, notAfter: nil)])
        }
    }
}

private final class End: Sendable {
    let hasCome = Mutex(false)
}
