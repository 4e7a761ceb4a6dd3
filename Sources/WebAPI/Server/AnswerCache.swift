// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// Answers kept for a moment, so that many who look at the same page at once cost one look into the database.
///
/// An answer is given again for a second, or for ten times as long as it took to make when that is more, but never longer
/// than ten seconds. After that the first who asks has it made anew, while others still get the old one until it is three
/// times that old. Who comes first when there is none makes it, and the others wait for that; when that client goes away,
/// the next of them makes it. A change through the same server makes all of them outdated.
package final class AnswerCache: Sendable {
    /// - Parameter now: time since any beginning; never goes backwards.
    package init(now: @escaping @Sendable () -> Duration = AnswerCache.clock()) {
        self.now = now
    }

    /// How long an answer is given without a look whether it changed.
    private static func freshness(of cost: Duration) -> Duration {
        min(max(.seconds(1), cost * 10), .seconds(10))
    }

    package static func clock() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }

    /// Of bodies, and of one of them, in bytes.
    static let largest = (all: 64 << 20, one: 1 << 20)

    private struct Kept {
        let reply: Reply
        let bytes: Int
        let made: Duration
        let fresh: Duration
        var isRenewed = false
    }

    private struct State {
        var kept: [String: Kept] = [:]
        var bytes = 0
        /// Who waits for an answer that is made for the first time.
        var waiting: [String: [CheckedContinuation<Outcome, Never>]] = [:]
        /// Counts what made all answers outdated.
        var generation = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Duration

    /// What became of an answer that others wait for.
    private enum Outcome {
        case ended(Result<Reply, any Error>)
        /// It can be read once only.
        case isStream
        case givenUp
    }

    private enum Step {
        case give(Reply)
        case make(generation: Int, isFirst: Bool)
        case wait
    }

    /// - Parameter key: of everything that the answer depends on.
    func reply(for key: String, make: () async throws -> Reply) async throws -> Reply {
        while true {
            switch state.withLock({ step(key, &$0) }) {
            case .give(let reply): return reply
            case .make(let generation, let isFirst):
                return try await self.make(key, generation, isFirst: isFirst, make)
            case .wait:
                switch await wait(for: key) {
                case .ended(let result): return try result.get()
                case .isStream: return try await make()
                case .givenUp: continue
                }
            }
        }
    }

    private func make(
        _ key: String, _ generation: Int, isFirst: Bool, _ make: () async throws -> Reply
    ) async throws -> Reply {
        let start = now()
        do {
            let reply = try await make()
            keep(reply, key, generation, cost: now() - start)
            if isFirst {
                let isShared = if case .bytes = reply.body { true } else { false }
                tell(key, isShared ? .ended(.success(reply)) : .isStream)
            }
            return reply
        } catch {
            state.withLock { $0.kept[key]?.isRenewed = false }
            // Its client has gone; the next of those who wait makes it.
            if isFirst { tell(key, Task.isCancelled ? .givenUp : .ended(.failure(error))) }
            throw error
        }
    }

    /// Something was changed: what is kept says no longer how it is.
    func forget() {
        state.withLock { state in
            state.kept = [:]
            state.bytes = 0
            state.generation += 1
        }
    }

    private func step(_ key: String, _ state: inout State) -> Step {
        if var kept = state.kept[key] {
            let age = now() - kept.made
            if age < kept.fresh || age < kept.fresh * 3 && kept.isRenewed { return .give(kept.reply) }
            if age < kept.fresh * 3 {
                kept.isRenewed = true
                state.kept[key] = kept
                return .make(generation: state.generation, isFirst: false)
            }
            state.bytes -= kept.bytes
            state.kept[key] = nil
        }
        if state.waiting[key] != nil { return .wait }
        state.waiting[key] = []
        return .make(generation: state.generation, isFirst: true)
    }

    private func wait(for key: String) async -> Outcome {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.waiting[key]?.append(continuation) == nil
            }
            if isOver { continuation.resume(returning: .givenUp) }
        }
    }

    private func tell(_ key: String, _ outcome: Outcome) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: key) } ?? []
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    private func keep(_ reply: Reply, _ key: String, _ generation: Int, cost: Duration) {
        state.withLock { state in
            if let old = state.kept.removeValue(forKey: key) { state.bytes -= old.bytes }
            guard generation == state.generation, case .bytes(let body) = reply.body, reply.status == 200,
                body.count <= Self.largest.one
            else { return }
            if state.bytes + body.count > Self.largest.all {
                state.kept = [:]
                state.bytes = 0
            }
            let bytes = body.count + key.utf8.count
            state.kept[key] = Kept(reply: reply, bytes: bytes, made: now(), fresh: Self.freshness(of: cost))
            state.bytes += bytes
        }
    }
}
