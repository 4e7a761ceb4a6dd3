// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// Bytes from one writer to one reader, a bounded number of them at a time.
final class MemoryPipe: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var isFinished = false
        var isAbandoned = false
        /// Counts changes, so that a waiter sees one that came before it had begun to wait.
        var changes = 0
        var sleepers: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    func read(upTo limit: Int) async throws -> [UInt8] {
        while true {
            try Task.checkCancellation()
            let (bytes, seen) = try take(upTo: max(1, limit))
            if let bytes { return bytes }
            await change(since: seen)
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            try Task.checkCancellation()
            let (count, seen) = try put(rest)
            rest = rest.dropFirst(count)
            if count == 0 { await change(since: seen) }
        }
    }

    /// The writer is done: the reader gets what waits, then the end.
    func finish() {
        announce { $0.isFinished = true }
    }

    /// The reader is gone: what waits is dropped, and the writer is told.
    func abandon() {
        announce {
            $0.isAbandoned = true
            $0.waiting = []
        }
    }

    /// Takes bytes if there are any; none at the end; nil where the reader must wait.
    private func take(upTo limit: Int) throws -> (bytes: [UInt8]?, seen: Int) {
        let (bytes, seen) = try state.withLock { state throws -> ([UInt8]?, Int) in
            if state.isAbandoned { throw ByteStreamError.closed }
            if state.waiting.isEmpty { return (state.isFinished ? [] : nil, state.changes) }
            let taken = Array(state.waiting.prefix(limit))
            state.waiting.removeFirst(taken.count)
            return (taken, state.changes)
        }
        if bytes?.isEmpty == false { announce { _ in } }
        return (bytes, seen)
    }

    /// Puts as many bytes as there is room for, and tells how many.
    private func put(_ bytes: ArraySlice<UInt8>) throws -> (count: Int, seen: Int) {
        let (count, seen) = try state.withLock { state throws -> (Int, Int) in
            if state.isFinished { throw ByteStreamError.closed }
            if state.isAbandoned { throw ByteStreamError.peerClosed }
            let taken = bytes.prefix(capacity - state.waiting.count)
            state.waiting.append(contentsOf: taken)
            return (taken.count, state.changes)
        }
        if count > 0 { announce { _ in } }
        return (count, seen)
    }

    /// Waits for a change after the one numbered `seen`, or for the task's cancellation.
    private func change(since seen: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustSleep = state.withLock { state in
                    // A cancellation after this look finds the sleeper, since its handler takes the lock too.
                    guard state.changes == seen && !Task.isCancelled else { return false }
                    state.sleepers.append(continuation)
                    return true
                }
                if !mustSleep { continuation.resume() }
            }
        } onCancel: {
            announce { _ in }
        }
    }

    private func announce(_ change: (inout sending State) -> Void) {
        let woken = state.withLock { state in
            change(&state)
            state.changes += 1
            let sleepers = state.sleepers
            state.sleepers = []
            return sleepers
        }
        for continuation in woken { continuation.resume() }
    }
}
