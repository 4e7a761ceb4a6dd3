// SPDX-License-Identifier: GPL-3.0-or-later

/// A pool's decisions together with the tasks that wait for them.
struct PoolWaiters {
    typealias Signal = PoolState<PostgresConnection>.Signal

    var state: PoolState<PostgresConnection>
    private var continuations: [UInt64: CheckedContinuation<Signal, Never>] = [:]
    /// Signals to callers that have a place in the queue but do not wait yet.
    private var early: [UInt64: Signal] = [:]

    init(state: PoolState<PostgresConnection>) {
        self.state = state
    }

    /// Begins a caller's wait.
    ///
    /// - Returns: its signal, if that came already; then nothing waits.
    mutating func wait(_ waiter: UInt64, _ continuation: CheckedContinuation<Signal, Never>) -> Signal? {
        if let signal = early.removeValue(forKey: waiter) { return signal }
        continuations[waiter] = continuation
        return nil
    }

    mutating func deliver(_ served: [(UInt64, Signal)]) {
        for (waiter, signal) in served {
            if let continuation = continuations.removeValue(forKey: waiter) {
                continuation.resume(returning: signal)
            } else {
                early[waiter] = signal
            }
        }
    }
}
