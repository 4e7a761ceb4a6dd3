// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// How many jobs a farm wants of its pool: what is seen goes in, what to do comes out.
///
/// Where and when a job runs is the pool's own affair. Only so many are asked for as the ready builds fill that no worker
/// has a free place for; what begins to wait in vain is taken back, but not for a lull.
package struct PoolPlan: Sendable, Equatable {
    package struct Limits: Sendable, Equatable {
        /// Guests of one job.
        package var guests: Int
        /// Jobs at most, waiting, running or ending.
        package var jobs: Int
        /// Tasks of one array at most; Slurm's own default is 1000.
        package var array = 500
        /// Jobs that wait in vain are cancelled when they have for so many seconds.
        package var patience: Int64 = 60

        package init(guests: Int, jobs: Int) {
            self.guests = guests
            self.jobs = jobs
        }
    }

    /// What the farm and the pool look like at an instant.
    package struct Sight: Sendable, Equatable {
        /// Builds that a worker of the pool could take now.
        package var ready: Int
        /// Guests that workers, wherever they are, could begin at once.
        package var free: Int
        /// Jobs that wait for a node, oldest first.
        package var waiting: [String]
        /// Jobs that have a node, and whose worker has not begun yet.
        package var starting: Int
        /// All jobs that have a node, the former among them, and those that are ending.
        package var placed: Int
        /// Jobs that ended since the last look, whose worker never began.
        package var stillborn: Int

        package init(
            ready: Int, free: Int, waiting: [String], starting: Int, placed: Int, stillborn: Int = 0
        ) {
            self.ready = ready
            self.free = free
            self.waiting = waiting
            self.starting = starting
            self.placed = placed
            self.stillborn = stillborn
        }
    }

    package enum Step: Sendable, Equatable {
        case nothing
        case submit(Int)
        case cancel([String])
    }

    package let limits: Limits
    /// Looks in a row in which jobs ended before their worker began.
    package private(set) var failures = 0
    private var pausedUntil: Instant?
    private var inVainSince: Instant?

    package init(_ limits: Limits) {
        self.limits = limits
    }

    /// The longest pause after jobs that came to nothing, in seconds.
    package static let longestPause: Int64 = 900

    package mutating func next(_ sight: Sight, now: Instant) -> Step {
        note(sight, now)
        let wanted = wanted(sight)
        if wanted < sight.waiting.count { return giveUp(sight.waiting.count - wanted, of: sight.waiting, now) }
        inVainSince = nil
        if let pausedUntil, now < pausedUntil { return .nothing }
        let room = limits.jobs - sight.placed - sight.waiting.count
        let count = min(wanted - sight.waiting.count, room, limits.array)
        return count > 0 ? .submit(count) : .nothing
    }

    /// A submission that was refused is tried again after a pause, as are jobs that come to nothing.
    package mutating func refused(now: Instant) { pause(now) }

    /// Jobs that should wait or be on their way to a worker: for the builds that nobody has a place for.
    private func wanted(_ sight: Sight) -> Int {
        let unplaced = max(0, sight.ready - sight.free - sight.starting * limits.guests)
        return (unplaced + limits.guests - 1) / limits.guests
    }

    private mutating func note(_ sight: Sight, _ now: Instant) {
        if sight.stillborn > 0 {
            pause(now)
        } else if sight.placed > sight.starting {
            // A worker is there: jobs do come to something.
            failures = 0
            pausedUntil = nil
        }
    }

    private mutating func pause(_ now: Instant) {
        failures += 1
        pausedUntil = now + min(Self.longestPause, 15 << min(10, Int64(failures - 1)))
    }

    /// The newest first: they have waited the least.
    private mutating func giveUp(_ count: Int, of waiting: [String], _ now: Instant) -> Step {
        guard let since = inVainSince else {
            inVainSince = now
            return .nothing
        }
        guard now - since >= limits.patience else { return .nothing }
        inVainSince = nil
        return .cancel(Array(waiting.suffix(count)))
    }
}
