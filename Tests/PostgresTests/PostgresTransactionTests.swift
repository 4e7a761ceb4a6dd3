// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

private struct Refusal: Error, Equatable {}

private let table = [Migration(version: 1, name: "counter", sql: "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)")]

private func count(_ pool: PostgresPool) async throws -> Int {
    try await pool.single("SELECT count(*) AS n FROM t")
}

@Suite struct PostgresTransactionTests {
    @Test func `what was done stays when the body returns`() async throws {
        try await withFreshDatabase(migrations: table) { pool throws in
            let answer = try await pool.transaction { connection in
                _ = try await connection.query("INSERT INTO t VALUES (1, 1)")
                return 42
            }
            #expect(answer == 42)
            #expect(try await count(pool) == 1)
        }
    }

    @Test func `nothing stays when the body throws`() async throws {
        try await withFreshDatabase(migrations: table) { pool throws in
            await #expect(throws: Refusal()) {
                try await pool.transaction { connection in
                    _ = try await connection.query("INSERT INTO t VALUES (1, 1)")
                    throw Refusal()
                }
            }
            #expect(try await count(pool) == 0)
            #expect(pool.status.idle == 1)
        }
    }

    @Test func `a swallowed error does not pass for a commit`() async throws {
        try await withFreshDatabase(migrations: table) { pool throws in
            await #expect(throws: PostgresError.transactionWasAborted) {
                try await pool.transaction { connection in
                    _ = try await connection.query("INSERT INTO t VALUES (1, 1)")
                    _ = try? await connection.query("SELECT 1 / 0")
                }
            }
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `a second transaction within the first is refused`() async throws {
        try await withFreshDatabase(migrations: table) { pool throws in
            await #expect(throws: PostgresError.busy(with: "another transaction")) {
                try await pool.transaction { connection in
                    try await connection.transaction { _ in }
                }
            }
        }
    }

    @Test func `a task cancelled before its commit leaves nothing`() async throws {
        try await withFreshDatabase(migrations: table) { pool throws in
            let outcome = await withTaskGroup(of: (any Error)?.self) { group in
                group.addTask {
                    do {
                        try await pool.transaction { connection in
                            _ = try await connection.query("INSERT INTO t VALUES (1, 1)")
                            withUnsafeCurrentTask { $0?.cancel() }
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
                return await group.next() ?? nil
            }
            #expect(outcome as? PostgresError == .cancelled)
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `conflicting serializable transactions are run again until all have passed`() async throws {
        try await withFreshDatabase(migrations: table) { pool throws in
            _ = try await pool.query("INSERT INTO t VALUES (1, 0)")
            let runs = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await pool.transaction(.serializable, retry: PostgresRetry(attempts: 100)) { connection in
                            runs.add()
                            let row = try #require(try await connection.query("SELECT n FROM t WHERE id = 1").first)
                            let next = try row.decode("n", as: Int.self) + 1
                            _ = try await connection.query("UPDATE t SET n = $1 WHERE id = 1", [next])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let row = try #require(try await pool.query("SELECT n FROM t").first)
            #expect(try row.decode("n") == 20)
            #expect(runs.count > 20)
        }
    }

    @Test func `the limit of attempts is kept`() async throws {
        try await withFreshDatabase { pool throws in
            let runs = Tally()
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction(retry: PostgresRetry(attempts: 3)) { connection in
                    runs.add()
                    try await connection.execute(
                        script: "DO $$ BEGIN RAISE EXCEPTION 'clash' USING ERRCODE = '40P01'; END $$")
                }
            }
            #expect(error?.sqlState == "40P01")
            #expect(runs.count == 3)
        }
    }

    @Test func `a transaction left open by a borrower is rolled back`() async throws {
        try await withFreshDatabase(migrations: table, limits: PostgresPoolLimits(connections: 1)) { pool throws in
            try await pool.withConnection { connection in
                try await connection.execute(script: "BEGIN; INSERT INTO t VALUES (1, 1)")
            }
            #expect(try await count(pool) == 0)
        }
    }
}
