// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

/// Runs a listener while `body` runs.
private func listening(
    _ configuration: PostgresConfiguration, _ body: (PostgresListener) async throws -> Void
) async throws {
    let listener = PostgresListener(configuration, backoff: PostgresBackoff(longest: .milliseconds(300)))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await listener.run() }
        do {
            try await body(listener)
        } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
}

@Suite struct PostgresListenerTests {
    @Test func `a listener is told to look first, and then of every notification`() async throws {
        try await withFreshDatabase { pool throws in
            try await listening(pool.configuration) { listener throws in
                var events = listener.events(of: "Build \"done\"").makeAsyncIterator()
                #expect(await events.next() == .mayHaveMissed)
                for number in 0..<100 { try await pool.notify("Build \"done\"", String(number)) }
                for number in 0..<100 { #expect(await events.next() == .notified(payload: String(number))) }
            }
        }
    }

    @Test func `channels are kept apart and can be added while listening`() async throws {
        try await withFreshDatabase { pool throws in
            try await listening(pool.configuration) { listener throws in
                var one = listener.events(of: "one").makeAsyncIterator()
                #expect(await one.next() == .mayHaveMissed)
                for round in 0..<20 {
                    var other = listener.events(of: "other \(round)").makeAsyncIterator()
                    #expect(await other.next() == .mayHaveMissed)
                    try await pool.notify("other \(round)", "b")
                    #expect(await other.next() == .notified(payload: "b"))
                }
                try await pool.notify("one", "a")
                #expect(await one.next() == .notified(payload: "a"))
            }
        }
    }

    @Test func `a reader that falls behind is told that it missed some`() async throws {
        try await withFreshDatabase { pool throws in
            try await listening(pool.configuration) { listener throws in
                let events = listener.events(of: "busy", keeping: 4)
                var marker = listener.events(of: "marker").makeAsyncIterator()
                #expect(await marker.next() == .mayHaveMissed)
                for number in 0..<50 { try await pool.notify("busy", String(number)) }
                try await pool.notify("marker")
                #expect(await marker.next() == .notified(payload: ""))
                var kept: [PostgresListenEvent] = []
                var iterator = events.makeAsyncIterator()
                for _ in 0..<4 { if let event = await iterator.next() { kept.append(event) } }
                #expect(kept.contains(.mayHaveMissed))
            }
        }
    }

    @Test func `streams end with the listener`() async throws {
        try await withFreshDatabase { pool throws in
            let listener = PostgresListener(pool.configuration)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await listener.run() }
                var events = listener.events(of: "x").makeAsyncIterator()
                #expect(await events.next() == .mayHaveMissed)
                group.cancelAll()
                #expect(await events.next() == nil)
            }
            var late = listener.events(of: "x").makeAsyncIterator()
            #expect(await late.next() == nil)
        }
    }

    @Test func `a listener listens again after the server was restarted, and tells to look`() async throws {
        try await withTemporaryCluster { cluster, _ throws in
            let pool = PostgresPool(try await cluster.start())
            try await listening(pool.configuration) { listener throws in
                var events = listener.events(of: "news").makeAsyncIterator()
                #expect(await events.next() == .mayHaveMissed)
                for round in 0..<2 {
                    try await cluster.stop()
                    _ = try await cluster.start()
                    try await pool.notify("news", "while it may not listen")
                    // What was sent before it listened again may or may not arrive, but it is told to look.
                    while let event = await events.next(), event != .mayHaveMissed {}
                    try await pool.notify("news", "round \(round)")
                    while let event = await events.next(), event != .notified(payload: "round \(round)") {}
                }
            }
            await pool.close()
        }
    }
}

@Suite struct PostgresSessionLockTests {
    @Test func `a lock is held by one at a time and can be taken after its release`() async throws {
        try await withFreshDatabase { pool throws in
            let lock = try #require(try await PostgresSessionLock.tryAcquire(7, pool.configuration))
            #expect(try await PostgresSessionLock.tryAcquire(7, pool.configuration) == nil)
            #expect(await lock.isHeld())
            let other = try #require(try await PostgresSessionLock.tryAcquire(8, pool.configuration))
            await other.release()
            await lock.release()
            await untilFree(7, pool)
            let again = try #require(try await PostgresSessionLock.tryAcquire(7, pool.configuration))
            await again.release()
        }
    }

    @Test func `the holder learns when its session is ended, and can be asked meanwhile`() async throws {
        try await withFreshDatabase { pool throws in
            let lock = try #require(try await PostgresSessionLock.tryAcquire(7, pool.configuration))
            let lost = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { await lock.waitUntilLost() }
                for _ in 0..<20 { #expect(await lock.isHeld()) }
                let holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 7"
                _ = try await pool.query("SELECT pg_terminate_backend(pid, 5000) FROM (\(holder)) AS holder")
                return try await group.next() ?? false
            }
            #expect(lost)
            #expect(await !lock.isHeld())
            await untilFree(7, pool)
        }
    }

    @Test func `waiting for the loss ends with its task, and the lock stays`() async throws {
        try await withFreshDatabase { pool throws in
            let lock = try #require(try await PostgresSessionLock.tryAcquire(7, pool.configuration))
            let lost = await withTaskGroup(of: Bool.self) { group in
                group.addTask { await lock.waitUntilLost() }
                group.cancelAll()
                return await group.next() ?? true
            }
            #expect(!lost)
            #expect(await lock.isHeld())
            await lock.release()
        }
    }
}

/// Returns once nobody holds an advisory lock.
private func untilFree(_ key: Int, _ pool: PostgresPool) async {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        let free: Bool? = try? await pool.single(
            "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::bigint) AS free", [key]
        )
        if free == true { return }
    }
    Issue.record("the lock \(key) stays held")
}
