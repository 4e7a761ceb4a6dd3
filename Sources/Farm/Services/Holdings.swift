// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// The runs a worker is at, each with a way to tell it that it is no longer its own.
final class Holdings: Sendable {
    private let held = Mutex<[Int64: AsyncStream<Void>.Continuation]>([:])

    var runs: [Int64] { held.withLock { $0.keys.sorted() } }

    /// - Returns: a stream that yields when the run is taken away.
    func begin(_ run: Int64) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        held.withLock { $0[run] = continuation }
        return stream
    }

    func end(_ run: Int64) {
        held.withLock { $0.removeValue(forKey: run) }?.finish()
    }

    func revoke(_ runs: [Int64]) {
        held.withLock { held in
            for run in runs { held[run]?.yield() }
        }
    }
}
