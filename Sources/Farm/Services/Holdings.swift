// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// The runs a worker is at, each with a way to tell it that it is no longer its own.
final class Holdings: Sendable {
    private struct State {
        var runs: [Int64: AsyncStream<Void>.Continuation] = [:]
        var changed = ContinuousClock.now
    }
    private let held = Mutex(State())

    var runs: [Int64] { held.withLock { $0.runs.keys.sorted() } }

    /// How long there has been none; nil while there is one.
    var idle: Duration? { held.withLock { $0.runs.isEmpty ? $0.changed.duration(to: .now) : nil } }

    /// - Returns: a stream that yields when the run is taken away.
    func begin(_ run: Int64) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        held.withLock { $0.runs[run] = continuation }
        return stream
    }

    func end(_ run: Int64) {
        held.withLock { held in
            held.changed = .now
            return held.runs.removeValue(forKey: run)
        }?.finish()
    }

    func revoke(_ runs: [Int64]) {
        held.withLock { held in
            for run in runs { held.runs[run]?.yield() }
        }
    }
}
