// SPDX-License-Identifier: GPL-3.0-or-later

import HeapModule

/// A whole farm, simulated event by event: machines that boot guests, the queue between them, derivations that wait for
/// their inputs, investigations that follow failures.
///
/// Placement is the queue's: the longest chain of dependents first, screening and investigations half and half. Each claim
/// with its completion takes the database a fixed time, one after the other.
struct FarmSimulation {
    let work: FarmWork
    /// Guests at once, of all machines.
    let slots: Int
    /// Claims with their completions that the database does in a second.
    let claimsPerSecond: Double

    struct Result {
        /// Seconds until nothing was left.
        var makespan = 0.0
        var builds = 0
        /// Those after the first of each derivation.
        var furtherBuilds = 0
        /// Derivations that were built; the others need one that is broken.
        var derivations = 0
        /// Seconds of guests.
        var busy = 0.0
        /// The longest chain to a verdict: of each derivation in it the rounds until its first build that passed, of the
        /// last one all of them.
        var chain = 0.0
        var databaseSeconds = 0.0

        func bound(slots: Int) -> Double { max(busy / Double(slots), chain) }
    }

    private struct Build {
        let derivation: Int32
        let passes: Bool
        let isFurther: Bool
    }

    func run() -> Result {
        var state = State(work: work)
        var running = EventQueue<Build>()
        var result = Result()
        var now = 0.0
        var (screening, further) = (0, 0)
        var databaseFree = 0.0
        repeat {
            while screening + further < slots, let build = state.claim(preferFurther: further < screening) {
                databaseFree = max(databaseFree, now) + 1 / claimsPerSecond
                let seconds = work.seconds[Int(build.derivation)]
                running.push(build, at: databaseFree + seconds)
                result.builds += 1
                result.busy += seconds
                if build.isFurther { further += 1; result.furtherBuilds += 1 } else { screening += 1 }
            }
            guard let (time, build) = running.pop() else { break }
            now = time
            if build.isFurther { further -= 1 } else { screening -= 1 }
            state.end(build)
        } while true
        result.makespan = now
        result.derivations = state.begun
        result.chain = state.longestChain
        result.databaseSeconds = Double(result.builds) / claimsPerSecond
        return result
    }

    // MARK: What waits

    private struct State {
        let work: FarmWork
        private var pending: [Int32]
        private var screening = EventQueue<Build>()
        private var further: [Build] = []
        private var furtherHead = 0
        /// Of each derivation: its round, the builds of it that have not ended, and whether one passed.
        private var round: [Int16]
        private var left: [Int16]
        private var isAvailable: [Bool]
        private var chain: [Double]
        private(set) var begun = 0
        private(set) var longestChain = 0.0

        init(work: FarmWork) {
            self.work = work
            pending = work.inputs.map { Int32($0.count) }
            round = Array(repeating: 0, count: pending.count)
            left = round
            isAvailable = Array(repeating: false, count: pending.count)
            chain = Array(repeating: 0, count: pending.count)
            for index in pending.indices where pending[index] == 0 { begin(Int32(index)) }
        }

        mutating func claim(preferFurther: Bool) -> Build? {
            if preferFurther || screening.isEmpty, furtherHead < further.count {
                furtherHead += 1
                return further[furtherHead - 1]
            }
            if let (_, build) = screening.pop() { return build }
            guard furtherHead < further.count else { return nil }
            furtherHead += 1
            return further[furtherHead - 1]
        }

        mutating func end(_ build: Build) {
            let index = Int(build.derivation)
            left[index] -= 1
            // Builds of one round run side by side: a chain has one of each round.
            if !isAvailable[index], build.passes { makeAvailable(index) }
            guard left[index] == 0 else { return }
            round[index] += 1
            issue(build.derivation)
        }

        private mutating func begin(_ derivation: Int32) {
            begun += 1
            let index = Int(derivation)
            let rounds = work.scripts[Int(work.scriptOf[index])].count
            longestChain = max(longestChain, chain[index] + Double(rounds) * work.seconds[index])
            issue(derivation)
        }

        private mutating func issue(_ derivation: Int32) {
            let index = Int(derivation)
            let script = work.scripts[Int(work.scriptOf[index])]
            let number = Int(round[index])
            guard number < script.count else { return }
            left[index] = Int16(script[number].count)
            for (place, passes) in script[number].enumerated() {
                let build = Build(derivation: derivation, passes: passes, isFurther: number > 0 || place > 0)
                if build.isFurther {
                    further.append(build)
                } else {
                    screening.push(build, at: -Double(work.depth[index]))
                }
            }
        }

        private mutating func makeAvailable(_ index: Int) {
            isAvailable[index] = true
            chain[index] += Double(round[index] + 1) * work.seconds[index]
            for user in work.users[index] {
                chain[Int(user)] = max(chain[Int(user)], chain[index])
                pending[Int(user)] -= 1
                if pending[Int(user)] == 0 { begin(user) }
            }
        }
    }
}

/// What happens when; what comes at the same time comes in the order in which it was put in.
struct EventQueue<Element> {
    private struct Entry: Comparable {
        let time: Double
        let order: Int
        let element: Element

        static func < (one: Entry, other: Entry) -> Bool { (one.time, one.order) < (other.time, other.order) }
        static func == (one: Entry, other: Entry) -> Bool { one.order == other.order }
    }

    private var heap = Heap<Entry>()
    private var count = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func push(_ element: Element, at time: Double) {
        count += 1
        heap.insert(Entry(time: time, order: count, element: element))
    }

    mutating func pop() -> (time: Double, element: Element)? {
        heap.popMin().map { ($0.time, $0.element) }
    }
}
