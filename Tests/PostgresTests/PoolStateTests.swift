// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import Postgres

/// The decisions of a pool, as a conversation; connections are numbers here.
@Suite struct PoolStateTests {
    private let start = ContinuousClock.now
    private let limits = PostgresPoolLimits(
        connections: 2, waiters: 3, backoff: PostgresBackoff(first: .milliseconds(100), longest: .seconds(1)))

    private func state() -> PoolState<Int> { PoolState(limits: limits) }

    private func waiter(_ decision: PoolState<Int>.Decision) -> UInt64? {
        if case .wait(let waiter) = decision { waiter } else { nil }
    }

    private func connects(_ decision: PoolState<Int>.Decision) -> Bool {
        if case .connect = decision { true } else { false }
    }

    @Test func `connections are made up to the limit, then callers wait`() {
        var pool = state()
        #expect(connects(pool.request(now: start)))
        #expect(connects(pool.request(now: start)))
        #expect(waiter(pool.request(now: start)) != nil)
        #expect(pool.taken == 2)
    }

    @Test func `callers are served in their order`() throws {
        var pool = state()
        _ = (pool.request(now: start), pool.request(now: start))
        let first = try #require(waiter(pool.request(now: start)))
        let second = try #require(waiter(pool.request(now: start)))
        let served = pool.giveBack(7, now: start).served
        #expect(served.map(\.0) == [first])
        let after = pool.giveBack(8, now: start).served
        #expect(after.map(\.0) == [second])
        #expect(pool.taken == 2)
        #expect(pool.idle.isEmpty)
    }

    @Test func `one caller too many is refused`() {
        var pool = state()
        for _ in 0..<5 { _ = pool.request(now: start) }
        guard case .refuse(let error) = pool.request(now: start) else {
            Issue.record("it was let in")
            return
        }
        #expect(error == .poolTooManyWaiters(limit: 3))
    }

    @Test func `a newcomer does not overtake those who wait`() throws {
        var pool = state()
        _ = (pool.request(now: start), pool.request(now: start))
        _ = pool.request(now: start)
        pool.connectFailed("down", now: start, jitter: 1)
        let later = start + .seconds(10)
        let newcomer = waiter(pool.request(now: later))
        let served = pool.wake(now: later)
        #expect(newcomer != nil)
        #expect(served.count == 1)
        #expect(served.first?.0 != newcomer)
    }

    @Test func `after a failure nobody connects until the pause is over, and pauses grow up to their limit`() {
        var pool = state()
        var now = start
        for expected in [100, 200, 400, 800, 1_000, 1_000] {
            #expect(connects(pool.request(now: now)))
            pool.connectFailed("down", now: now, jitter: 1)
            let almost = now + .milliseconds(expected - 1)
            if let early = waiter(pool.request(now: almost)) {
                let left = pool.leave(early)
                #expect(left)
            } else {
                Issue.record("someone connects within \(expected) ms")
            }
            now += .milliseconds(expected)
        }
        #expect(connects(pool.request(now: now)))
        pool.connected()
        #expect(pool.quietUntil == nil)
    }

    @Test func `jitter spreads a pause over its second half`() {
        let backoff = PostgresBackoff(first: .milliseconds(100), longest: .seconds(1))
        #expect(backoff.delay(afterFailures: 1, jitter: 0) == .milliseconds(50))
        #expect(backoff.delay(afterFailures: 1, jitter: 1) == .milliseconds(100))
        #expect(backoff.delay(afterFailures: 1_000_000, jitter: 1) == .seconds(1))
    }

    @Test func `a connection that broke makes room for a waiting caller to make another`() throws {
        var pool = state()
        _ = (pool.request(now: start), pool.request(now: start))
        let first = try #require(waiter(pool.request(now: start)))
        let served = pool.giveBack(nil, now: start).served
        #expect(served.map(\.0) == [first])
        guard case .connect? = served.first?.1 else {
            Issue.record("it was told something else")
            return
        }
        #expect(pool.taken == 2)
    }

    @Test func `one who was served cannot leave, one who left is not served`() throws {
        var pool = state()
        _ = (pool.request(now: start), pool.request(now: start))
        let first = try #require(waiter(pool.request(now: start)))
        let second = try #require(waiter(pool.request(now: start)))
        let firstLeft = pool.leave(first)
        let served = pool.giveBack(1, now: start).served
        let secondLeft = pool.leave(second)
        #expect(firstLeft)
        #expect(served.map(\.0) == [second])
        #expect(!secondLeft)
    }

    @Test func `one whose connection was dead keeps its place`() throws {
        var pool = state()
        _ = (pool.request(now: start), pool.request(now: start))
        let other = try #require(waiter(pool.request(now: start)))
        pool.connectFailed("down", now: start, jitter: 1)
        let again = try #require(waiter(pool.request(now: start, isReturning: true)))
        #expect(pool.queue == [again, other])
    }

    @Test func `a closed pool refuses callers and takes no connection back`() throws {
        var pool = state()
        _ = (pool.request(now: start), pool.request(now: start))
        _ = pool.giveBack(1, now: start)
        let (idle, served) = pool.close()
        #expect(idle == [1])
        #expect(served.isEmpty)
        let surplus = pool.giveBack(2, now: start).close
        #expect(surplus == 2)
        guard case .refuse(.poolClosed) = pool.request(now: start) else {
            Issue.record("it was let in")
            return
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `in any history no more than the limit is open and nobody is forgotten`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var pool = state()
        var now = start
        var (lent, permits): ([Int], Int) = ([], 0)
        var next = 0
        func serve(_ served: [(UInt64, PoolState<Int>.Signal)]) {
            for (_, signal) in served {
                switch signal {
                case .use(let connection): lent.append(connection)
                case .connect: permits += 1
                case .failed: Issue.record("seed \(seed): a caller was turned away")
                }
            }
        }
        for _ in 0..<2_000 {
            now += .milliseconds(Int.random(in: 0..<300, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                switch pool.request(now: now) {
                case .use(let connection): lent.append(connection)
                case .connect: permits += 1
                case .wait, .refuse: break
                }
            case 1 where permits > 0:
                permits -= 1
                next += 1
                lent.append(next)
                pool.connected()
            case 2 where permits > 0:
                permits -= 1
                pool.connectFailed("down", now: now, jitter: 0.5)
            case 3 where !lent.isEmpty:
                let connection = lent.removeLast()
                serve(pool.giveBack(Bool.random(using: &random) ? connection : nil, now: now).served)
            default: serve(pool.wake(now: now))
            }
            #expect(pool.taken == lent.count + permits, "seed \(seed)")
            #expect(pool.taken + pool.idle.count <= 2, "seed \(seed)")
            #expect(pool.idle.isEmpty || pool.queue.isEmpty, "seed \(seed)")
        }
    }
}

/// SplitMix64, so that a history can be repeated from its seed.
private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
