// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

@Suite struct PostgresPoolTests {
    @Test func `many callers share few connections`() async throws {
        try await withFreshDatabase(limits: PostgresPoolLimits(connections: 3)) { pool throws in
            let pids = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 { group.addTask { try await pool.single("SELECT pg_backend_pid() AS pid") } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect((1...3).contains(pids.count))
            #expect(pool.status.taken == 0)
            #expect(pool.status.idle == pids.count)
        }
    }

    @Test func `an exhausted pool says so after the wait limit`() async throws {
        let limits = PostgresPoolLimits(connections: 1, wait: .milliseconds(200))
        try await withFreshDatabase(limits: limits) { pool throws in
            try await pool.withConnection { _ throws in
                await #expect(throws: PostgresError.poolWaitTimedOut(after: .milliseconds(200), lastFailure: nil)) {
                    _ = try await pool.query("SELECT 1 AS n")
                }
            }
            #expect(try await pool.single("SELECT 1 AS n") == 1)
        }
    }

    @Test func `one waiter too many is refused at once`() async throws {
        let limits = PostgresPoolLimits(connections: 1, waiters: 0)
        try await withFreshDatabase(limits: limits) { pool throws in
            try await pool.withConnection { _ throws in
                let error = await #expect(throws: PostgresError.self) { _ = try await pool.query("SELECT 1 AS n") }
                #expect(error == .poolTooManyWaiters(limit: 0))
            }
        }
    }

    @Test func `a waiter that is cancelled leaves and the next one is served`() async throws {
        try await withFreshDatabase(limits: PostgresPoolLimits(connections: 1)) { pool throws in
            try await withThrowingTaskGroup(of: Int.self) { next in
                try await pool.withConnection { _ throws in
                    let outcome = await withTaskGroup(of: PostgresError?.self, returning: PostgresError?.self) {
                        group in
                        group.addTask {
                            do {
                                _ = try await pool.query("SELECT 1 AS n")
                                return nil
                            } catch {
                                return error as? PostgresError
                            }
                        }
                        await untilWaiting(1, pool)
                        next.addTask { try await pool.single("SELECT 2 AS n") }
                        await untilWaiting(2, pool)
                        group.cancelAll()
                        return await group.next() ?? nil
                    }
                    #expect(outcome == .cancelled)
                    #expect(pool.status.waiting == 1)
                }
                #expect(try await next.next() == 2)
            }
            #expect(pool.status.idle == 1)
            #expect(pool.status.taken == 0)
        }
    }

    @Test func `cancelling at any moment loses no connection`() async throws {
        try await withFreshDatabase(limits: PostgresPoolLimits(connections: 2)) { pool throws in
            for round in 0..<30 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<10 {
                        group.addTask { _ = try? await pool.query("SELECT pg_sleep(0.001)") }
                    }
                    for _ in 0..<round * 5 { await Task.yield() }
                    group.cancelAll()
                }
            }
            #expect(pool.status.taken == 0)
            #expect(pool.status.waiting == 0)
            #expect(try await pool.single("SELECT 1 AS n") == 1)
        }
    }

    @Test func `a closed pool refuses and ends its sessions`() async throws {
        try await withFreshDatabase { pool throws in
            _ = try await pool.query("SELECT 1 AS n")
            await pool.close()
            await #expect(throws: PostgresError.poolClosed) { _ = try await pool.query("SELECT 1 AS n") }
            #expect(pool.status.idle == 0)
        }
    }

    @Test func `waiting for a server that is away names the reason`() async throws {
        let nowhere = PostgresConfiguration(socketDirectory: "/nonexistent", database: "x", user: "x")
        let limits = PostgresPoolLimits(
            connections: 2, wait: .milliseconds(300), backoff: PostgresBackoff(first: .milliseconds(10)))
        let pool = PostgresPool(nowhere, limits: limits)
        let error = await #expect(throws: PostgresError.self) { _ = try await pool.query("SELECT 1 AS n") }
        guard case .poolWaitTimedOut(_, let reason?) = error else {
            Issue.record("the error is \(String(describing: error))")
            return
        }
        #expect(reason.contains("/nonexistent"))
        #expect(pool.status.taken == 0)
    }

    @Test func `a pool goes on after its server was stopped and started again`() async throws {
        try await withTemporaryCluster { cluster, _ throws in
            let limits = PostgresPoolLimits(
                connections: 3, wait: .seconds(120), backoff: PostgresBackoff(longest: .milliseconds(500)))
            let pool = PostgresPool(try await cluster.start(), limits: limits)
            try await pool.execute(script: "CREATE TABLE t (n int)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await pool.withConnection { _ in await untilWaiting(0, pool) } } }
                try await group.waitForAll()
            }
            try await cluster.stop()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { _ = try await pool.query("INSERT INTO t VALUES ($1)", [number]) }
                }
                await untilFailing(pool)
                _ = try await cluster.start()
                try await group.waitForAll()
            }
            #expect(try await pool.single("SELECT count(*) AS n FROM t") == 20)
            #expect(pool.status.lastFailure == nil)
            await pool.close()
        }
    }

    @Test func `a statement cut off by the server's stop says that its connection is lost`() async throws {
        try await withTemporaryCluster { cluster, _ throws in
            let pool = PostgresPool(try await cluster.start())
            let failure = try await withThrowingTaskGroup(of: PostgresError?.self) { group in
                group.addTask {
                    do {
                        _ = try await pool.query("SELECT pg_sleep(600) /* to be cut off */")
                        return nil
                    } catch {
                        return error as? PostgresError
                    }
                }
                await untilActive("to be cut off", pool)
                try await cluster.stop()
                return try await group.next() ?? nil
            }
            #expect(failure?.isConnectionLost == true)
            _ = try await cluster.start()
            #expect(try await pool.single("SELECT 1 AS n") == 1)
            await pool.close()
        }
    }
}

/// Returns once some callers wait for a connection.
func untilWaiting(_ count: Int, _ pool: PostgresPool) async {
    let deadline = ContinuousClock.now + .seconds(60)
    while pool.status.waiting < count && ContinuousClock.now < deadline { await Task.yield() }
    #expect(pool.status.waiting >= count)
}

/// Returns once an attempt to connect has failed.
func untilFailing(_ pool: PostgresPool) async {
    let deadline = ContinuousClock.now + .seconds(60)
    while pool.status.lastFailure == nil && ContinuousClock.now < deadline { await Task.yield() }
    #expect(pool.status.lastFailure != nil)
}
