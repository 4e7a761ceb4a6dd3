// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// A bounded set of connections, lent to one caller at a time, in the order they ask.
///
/// It needs no task of its own: callers open connections as they need them. A connection whose server went away is
/// noticed before it is lent, and while the server is away callers wait, up to the wait limit, while one of them tries
/// to connect at growing intervals.
package final class PostgresPool: Sendable {
    package let configuration: PostgresConfiguration
    package let limits: PostgresPoolLimits
    let jitter: @Sendable () -> Double
    private let shared: Mutex<PoolWaiters>

    private typealias Signal = PoolState<PostgresConnection>.Signal

    /// - Parameter jitter: numbers from 0 to 1 that spread attempts to connect.
    package init(
        _ configuration: PostgresConfiguration, limits: PostgresPoolLimits = PostgresPoolLimits(),
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.configuration = configuration
        self.limits = limits
        self.jitter = jitter
        shared = Mutex(PoolWaiters(state: PoolState(limits: limits)))
    }

    /// What the pool holds at this moment.
    package var status: PostgresPoolStatus {
        shared.withLock {
            PostgresPoolStatus(
                idle: $0.state.idle.count, taken: $0.state.taken, waiting: $0.state.queue.count,
                lastFailure: $0.state.lastFailure)
        }
    }

    /// Lends a connection to `body`; it must not be used after `body` returns.
    ///
    /// - Throws: what `body` throws, or `PostgresError` when no connection was to be had.
    @discardableResult
    package nonisolated(nonsending) func withConnection<Result>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Refuses new callers and closes what is idle; lent connections are closed as they come back.
    package func close() async {
        let idle = shared.withLock { shared in
            let (idle, served) = shared.state.close()
            shared.deliver(served)
            return idle
        }
        for connection in idle { await connection.close() }
    }

    // MARK: Taking and giving back

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        let deadline = ContinuousClock.now + limits.wait
        var decision = shared.withLock { $0.state.request(now: .now) }
        while true {
            switch decision {
            case .refuse(let error): throw error
            case .use(let connection):
                if await connection.prepareForReuse() { return connection }
                await discard(connection)
                decision = try again(before: deadline)
            case .connect:
                if let connection = try await connect() { return connection }
                decision = try again(before: deadline)
            case .wait(let waiter):
                switch await wait(as: waiter, until: deadline) {
                case .use(let connection): decision = .use(connection)
                case .connect: decision = .connect
                case .failed(let error): throw error
                }
            }
        }
    }

    private func again(
        before deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> PoolState<PostgresConnection>.Decision {
        if Task.isCancelled { throw .cancelled }
        if ContinuousClock.now >= deadline { throw timeout() }
        return shared.withLock { $0.state.request(now: .now, isReturning: true) }
    }

    private func timeout() -> PostgresError {
        .poolWaitTimedOut(after: limits.wait, lastFailure: shared.withLock { $0.state.lastFailure })
    }

    /// Uses a permit to connect.
    private func connect() async throws(PostgresError) -> PostgresConnection? {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(configuration)
            shared.withLock {
                $0.state.connected()
                $0.deliver($0.state.wake(now: .now))
            }
            return connection
        } catch .cancelled {
            giveBack(nil)
            throw .cancelled
        } catch {
            shared.withLock { $0.state.connectFailed("\(error)", now: .now, jitter: jitter()) }
            return nil
        }
    }

    private func release(_ connection: PostgresConnection) async {
        if await connection.prepareForReuse() {
            if let surplus = giveBack(connection) { await surplus.close() }
        } else {
            await discard(connection)
        }
    }

    private func discard(_ connection: PostgresConnection) async {
        await connection.close()
        giveBack(nil)
    }

    @discardableResult
    private func giveBack(_ connection: PostgresConnection?) -> PostgresConnection? {
        shared.withLock { shared in
            let (served, surplus) = shared.state.giveBack(connection, now: .now)
            shared.deliver(served)
            return surplus
        }
    }

    // MARK: Waiting

    /// Waits for a signal; a second task watches the clock.
    private func wait(as waiter: UInt64, until deadline: ContinuousClock.Instant) async -> Signal {
        await withTaskGroup(of: Signal?.self) { group in
            group.addTask { await self.signal(for: waiter) }
            group.addTask {
                await self.watchClock(waiter, until: deadline)
                return nil
            }
            for await signal in group {
                guard let signal else { continue }
                group.cancelAll()
                return signal
            }
            return .failed(.cancelled)
        }
    }

    private func signal(for waiter: UInt64) async -> Signal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = shared.withLock { $0.wait(waiter, continuation) }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            leave(waiter, with: .cancelled)
        }
    }

    private func leave(_ waiter: UInt64, with error: PostgresError) {
        shared.withLock { shared in
            if shared.state.leave(waiter) { shared.deliver([(waiter, .failed(error))]) }
        }
    }

    /// Ends the wait at the deadline, and lets someone connect when the pause after a failure is over.
    private func watchClock(_ waiter: UInt64, until deadline: ContinuousClock.Instant) async {
        while !Task.isCancelled {
            let now = ContinuousClock.now
            if now >= deadline { return leave(waiter, with: timeout()) }
            let quietUntil = shared.withLock { shared in
                shared.deliver(shared.state.wake(now: now))
                return shared.state.quietUntil
            }
            // Another caller may fail while this one sleeps: look again now and then.
            let pause = quietUntil.flatMap { $0 > now ? $0 : nil } ?? now + limits.backoff.longest
            let next = min(pause, deadline)
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
        }
    }
}

/// What a pool holds at one moment.
package struct PostgresPoolStatus: Sendable, Equatable {
    package let idle: Int
    /// Lent, or being opened.
    package let taken: Int
    package let waiting: Int
    /// Why the last attempt to connect failed, until one succeeds.
    package let lastFailure: String?
}
