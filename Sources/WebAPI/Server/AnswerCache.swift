// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// Answers kept for a moment, so that many who look at the same page at once cost one look into the database.
///
/// An answer is given again for a second, or for ten times as long as it took to make when that is more, but never longer
/// than ten seconds. After that the first who asks has it made anew, while others still get the old one until it is three
/// times that old. Who comes first when there is none makes it, and the others wait for that. A change through the same
/// server makes all of them outdated.
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
        var waiting: [String: [CheckedContinuation<Reply?, Never>]] = [:]
        /// Counts what made all answers outdated.
        var generation = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Duration

    private enum Step {
        case give(Reply)
        case make(generation: Int, isFirst: Bool)
        case wait
    }

    /// - Parameter key: of everything that the answer depends on.
    func reply(for key: String, make: () async throws -> Reply) async throws -> Reply {
        switch state.withLock({ step(key, &$0) }) {
        case .give(let reply): return reply
        case .wait: if let reply = await wait(for: key) { return reply }
        case .make(let generation, let isFirst):
            let start = now()
            do {
                let reply = try await make()
                done(key, reply, generation, cost: now() - start, isFirst: isFirst)
                return reply
            } catch {
                done(key, nil, generation, cost: .zero, isFirst: isFirst)
                throw error
            }
        }
        // Who made it failed; the same error may be another one by now.
        return try await make()
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

    private func wait(for key: String) async -> Reply? {
        await withCheckedContinuation { continuation in
            let reply = state.withLock { state -> Reply?? in
                if state.waiting[key] != nil {
                    state.waiting[key]?.append(continuation)
                    return nil
                }
                return .some(state.kept[key]?.reply)
            }
            if let reply { continuation.resume(returning: reply) }
        }
    }

    private func done(_ key: String, _ reply: Reply?, _ generation: Int, cost: Duration, isFirst: Bool) {
        let waiting = state.withLock { state -> [CheckedContinuation<Reply?, Never>] in
            if let old = state.kept.removeValue(forKey: key) { state.bytes -= old.bytes }
            if let reply, generation == state.generation, case .bytes(let body) = reply.body, reply.status == 200,
                body.count <= Self.largest.one
            {
                if state.bytes + body.count > Self.largest.all {
                    state.kept = [:]
                    state.bytes = 0
                }
                state.kept[key] = Kept(
                    reply: reply, bytes: body.count + key.utf8.count, made: now(),
                    fresh: Self.freshness(of: cost))
                state.bytes += body.count + key.utf8.count
            }
            return isFirst ? state.waiting.removeValue(forKey: key) ?? [] : []
        }
        let isShared = if case .bytes = reply?.body { true } else { false }
        for continuation in waiting { continuation.resume(returning: isShared ? reply : nil) }
    }
}
