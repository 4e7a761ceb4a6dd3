// SPDX-License-Identifier: GPL-3.0-or-later

/// The decisions of a pool, without connections to make or tasks to wake: events in, actions out.
///
/// Every caller holds at most one of: an idle connection it took, a permit to connect, a place in the queue. Callers
/// are served in the order they came.
struct PoolState<Connection> {
    typealias Instant = ContinuousClock.Instant
    typealias WaiterID = UInt64

    /// What a caller that wants a connection does next.
    enum Decision {
        case use(Connection)
        case connect
        case wait(WaiterID)
        case refuse(PostgresError)
    }

    /// What a waiting caller is told.
    enum Signal {
        case use(Connection)
        case connect
        case failed(PostgresError)
    }

    private let limits: PostgresPoolLimits
    private(set) var idle: [Connection] = []
    /// Connections in use or being made.
    private(set) var taken = 0
    private(set) var queue: [WaiterID] = []
    private(set) var isClosed = false
    /// After a failed attempt, nobody connects before this instant.
    private(set) var quietUntil: Instant?
    private(set) var lastFailure: String?
    private var failures = 0
    private var nextWaiter: WaiterID = 0

    init(limits: PostgresPoolLimits) {
        self.limits = limits
    }

    /// A caller wants a connection.
    ///
    /// - Parameter isReturning: whether it stood first already, and got a connection that was dead or could not make
    ///   one.
    mutating func request(now: Instant, isReturning: Bool = false) -> Decision {
        if isClosed { return .refuse(.poolClosed) }
        if isReturning || queue.isEmpty {
            if let connection = idle.popLast() {
                taken += 1
                return .use(connection)
            }
            if mayConnect(now) {
                taken += 1
                return .connect
            }
        }
        guard isReturning || queue.count < limits.waiters else {
            return .refuse(.poolTooManyWaiters(limit: limits.waiters))
        }
        nextWaiter += 1
        queue.insert(nextWaiter, at: isReturning ? 0 : queue.count)
        return .wait(nextWaiter)
    }

    /// A waiting caller gives up.
    ///
    /// - Returns: false if it had been served meanwhile.
    mutating func leave(_ waiter: WaiterID) -> Bool {
        guard let place = queue.firstIndex(of: waiter) else { return false }
        queue.remove(at: place)
        return true
    }

    /// A permit to connect was used; the connection belongs to its maker.
    mutating func connected() {
        failures = 0
        quietUntil = nil
        lastFailure = nil
    }

    /// A permit to connect was used in vain.
    mutating func connectFailed(_ message: String, now: Instant, jitter: Double) {
        taken -= 1
        failures += 1
        lastFailure = message
        quietUntil = now + limits.backoff.delay(afterFailures: failures, jitter: jitter)
    }

    /// A caller is done with a connection: nil if it is of no further use.
    ///
    /// - Returns: who is told what, or a connection to close.
    mutating func giveBack(
        _ connection: Connection?, now: Instant
    ) -> (served: [(WaiterID, Signal)], close: Connection?) {
        taken -= 1
        guard let connection else { return (wake(now: now), nil) }
        if isClosed { return ([], connection) }
        guard !queue.isEmpty else {
            idle.append(connection)
            return ([], nil)
        }
        taken += 1
        return ([(queue.removeFirst(), .use(connection))], nil)
    }

    /// Lets as many callers connect as there is room for, in their order.
    mutating func wake(now: Instant) -> [(WaiterID, Signal)] {
        var served: [(WaiterID, Signal)] = []
        while !queue.isEmpty, !isClosed, mayConnect(now) {
            taken += 1
            served.append((queue.removeFirst(), .connect))
        }
        return served
    }

    /// Ends the pool: idle connections are to be closed, waiting callers are told.
    mutating func close() -> (idle: [Connection], served: [(WaiterID, Signal)]) {
        isClosed = true
        defer { (idle, queue) = ([], []) }
        return (idle, queue.map { ($0, .failed(.poolClosed)) })
    }

    private func mayConnect(_ now: Instant) -> Bool {
        taken + idle.count < limits.connections && quietUntil.map { $0 <= now } ?? true
    }
}

extension PoolState: Sendable where Connection: Sendable {}
extension PoolState.Signal: Sendable where Connection: Sendable {}
extension PoolState.Decision: Sendable where Connection: Sendable {}
