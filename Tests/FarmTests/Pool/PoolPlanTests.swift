// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing
import TimeTravel

/// How many jobs a farm wants of its pool: single conversations, and what holds in any.
@Suite struct PoolPlanTests {
    private typealias Sight = PoolPlan.Sight
    private let start = CivilDate(firstOf: 2030).start

    private func plan(guests: Int = 4, jobs: Int = 10) -> PoolPlan {
        PoolPlan(PoolPlan.Limits(guests: guests, jobs: jobs))
    }

    @Test(arguments: [
        (Sight(ready: 0, free: 0, waiting: [], starting: 0, placed: 0), PoolPlan.Step.nothing),
        (Sight(ready: 1, free: 0, waiting: [], starting: 0, placed: 0), .submit(1)),
        (Sight(ready: 9, free: 0, waiting: [], starting: 0, placed: 0), .submit(3)),
        (Sight(ready: 9, free: 9, waiting: [], starting: 0, placed: 3), .nothing),
        (Sight(ready: 9, free: 0, waiting: ["1_0"], starting: 1, placed: 1), .submit(1)),
        (Sight(ready: 9, free: 0, waiting: ["1_0", "1_1"], starting: 1, placed: 1), .nothing),
        (Sight(ready: 1_000, free: 0, waiting: ["1_0"], starting: 0, placed: 7), .submit(2)),
        (Sight(ready: 1_000, free: 0, waiting: [], starting: 0, placed: 10), .nothing),
    ])
    func `as many jobs are submitted as builds lack a place, and no more than are allowed`(
        sight: PoolPlan.Sight, step: PoolPlan.Step
    ) {
        var plan = plan()
        #expect(plan.next(sight, now: start) == step)
    }

    @Test func `what waits in vain is cancelled, the newest first, but not for a lull`() {
        var plan = plan()
        let vain = Sight(ready: 3, free: 0, waiting: ["1_0", "1_1", "2_0"], starting: 0, placed: 0)
        #expect(plan.next(vain, now: start) == .nothing)
        #expect(plan.next(vain, now: start + 59) == .nothing)
        let needed = Sight(ready: 12, free: 0, waiting: vain.waiting, starting: 0, placed: 0)
        #expect(plan.next(needed, now: start + 60) == .nothing)
        #expect(plan.next(vain, now: start + 61) == .nothing)
        #expect(plan.next(vain, now: start + 121) == .cancel(["1_1", "2_0"]))
    }

    @Test func `jobs that come to nothing are submitted at growing intervals, until a worker begins`() {
        var plan = plan()
        let dead = Sight(ready: 4, free: 0, waiting: [], starting: 0, placed: 0, stillborn: 1)
        let idle = Sight(ready: 4, free: 0, waiting: [], starting: 0, placed: 0)
        var now = start
        for pause: Int64 in [15, 30, 60, 120, 240, 480, 900, 900] {
            #expect(plan.next(dead, now: now) == .nothing)
            #expect(plan.next(idle, now: now + pause - 1) == .nothing)
            now = now + pause
            #expect(plan.next(idle, now: now) == .submit(1))
        }
        #expect(plan.failures == 8)
        #expect(plan.next(Sight(ready: 4, free: 0, waiting: [], starting: 0, placed: 1), now: now) == .submit(1))
        #expect(plan.failures == 0)
    }

    @Test func `a refused submission is not repeated at once`() {
        var plan = plan()
        let sight = Sight(ready: 1, free: 0, waiting: [], starting: 0, placed: 0)
        #expect(plan.next(sight, now: start) == .submit(1))
        plan.refused(now: start)
        #expect(plan.next(sight, now: start + 14) == .nothing)
        #expect(plan.next(sight, now: start + 15) == .submit(1))
    }

    @Test(arguments: UInt64(1)...200)
    func `in any history no job is submitted without need, the limits hold, and no build waits without a job`(
        seed: UInt64
    ) {
        var random = SeededRandom(seed: seed)
        let limits = PoolPlan.Limits(
            guests: Int.random(in: 1...8, using: &random), jobs: Int.random(in: 1...40, using: &random))
        var farm = SimulatedPool(limits: limits, seed: seed)
        for _ in 0..<300 { farm.live() }
        #expect(farm.faults == [], "seed \(seed)")
        // With nothing more to come everything ends: no job is left, none is asked for.
        farm.settle()
        #expect(farm.faults == [], "seed \(seed)")
        #expect(farm.isEmpty, "seed \(seed)")
    }
}

/// A farm whose builds take as long as they like, on a cluster that places jobs when it likes.
private struct SimulatedPool {
    private let limits: PoolPlan.Limits
    private var plan: PoolPlan
    private var random: SeededRandom
    private var now = CivilDate(firstOf: 2030).start
    private var ready = 0
    private var waiting: [String] = []
    private var starting = 0
    /// Builds that each worker holds.
    private var workers: [Int] = []
    private var number = 0
    private var accident = true
    private(set) var faults: [String] = []

    init(limits: PoolPlan.Limits, seed: UInt64) {
        self.limits = limits
        plan = PoolPlan(limits)
        random = SeededRandom(seed: seed &+ 1_000)
    }

    var isEmpty: Bool { ready == 0 && waiting.isEmpty && starting == 0 && workers.isEmpty }

    private var free: Int { workers.reduce(0) { $0 + limits.guests - $1 } }

    mutating func live() {
        // About what the cluster can bear, in bursts.
        if random.chance(0.2) { ready += Int.random(in: 0...limits.guests * limits.jobs * 2, using: &random) }
        cluster()
        look(stillborn: lose())
    }

    mutating func settle() {
        accident = false
        for _ in 0..<4_000 where !isEmpty {
            cluster()
            look(stillborn: 0)
        }
    }

    /// Jobs get nodes, workers begin, builds are claimed and end, idle workers leave.
    private mutating func cluster() {
        while !waiting.isEmpty, random.chance(0.4) {
            waiting.removeFirst()
            starting += 1
        }
        while starting > 0, random.chance(0.5) {
            starting -= 1
            workers.append(0)
        }
        for index in workers.indices {
            if random.chance(0.5) { workers[index] = Int.random(in: 0...workers[index], using: &random) }
            let taken = min(ready, limits.guests - workers[index])
            ready -= taken
            workers[index] += taken
        }
        if ready == 0, random.chance(0.3) { workers.removeAll { $0 == 0 } }
    }

    /// A node fails: what its worker held is ready again; or a job never gets as far as a worker.
    private mutating func lose() -> Int {
        guard accident, random.chance(0.05) else { return 0 }
        if !workers.isEmpty {
            ready += workers.removeLast()
            return 0
        }
        guard starting > 0 else { return 0 }
        starting -= 1
        return 1
    }

    private mutating func look(stillborn: Int) {
        now = now + 15
        let before = plan
        let placed = starting + workers.count
        let lacking = max(0, ready - free - (starting + waiting.count) * limits.guests)
        let step = plan.next(
            PoolPlan.Sight(
                ready: ready, free: free, waiting: waiting, starting: starting, placed: placed, stillborn: stillborn),
            now: now)
        switch step {
        case .nothing:
            let isFull = placed + waiting.count >= limits.jobs
            if lacking > 0, !isFull, plan.failures == 0, before.failures == 0 { faults.append("a build without a job") }
        case .submit(let count):
            if placed + waiting.count + count > limits.jobs { faults.append("too many jobs") }
            if (count - 1) * limits.guests >= lacking { faults.append("a job without need") }
            if count > limits.array { faults.append("too large an array") }
            waiting += (0..<count).map { "\(number)_\($0)" }
            number += 1
        case .cancel(let ids):
            let kept = waiting.count - ids.count
            if Array(waiting.suffix(ids.count)) != ids { faults.append("what does not wait was cancelled") }
            if ready - free - starting * limits.guests > kept * limits.guests {
                faults.append("a needed job cancelled")
            }
            waiting.removeLast(ids.count)
        }
    }
}
