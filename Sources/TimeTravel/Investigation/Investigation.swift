// SPDX-License-Identifier: GPL-3.0-or-later

/// Follows a failed screening build to a verdict: what to build next, and in the end what was found.
///
/// It is a pure value whose answers depend on nothing but the subject, the set of candidates, the set of runs recorded
/// and the conditions in flight: recording the same runs in any order gives the same machine, so that it can be rebuilt
/// from the database after a crash. It waits for a whole round before it plans the next one, which makes the verdict
/// independent of the order in which parallel runs finish.
package struct Investigation: Sendable {
    package let subject: Subject
    private var runs: [Int64: ObservedRun] = [:]
    private var mined: Set<Candidate> = []

    package init(subject: Subject) {
        self.subject = subject
    }

    /// Takes in a run; one that was recorded before is counted once.
    package mutating func record(_ run: ObservedRun) {
        runs[run.id] = run
    }

    /// Takes in candidate instants, of sources or of public reports; those in logs come with the runs.
    package mutating func add(_ candidates: [Candidate]) {
        mined.formUnion(candidates)
    }

    /// What to do next with `free` guests, while builds under `inFlight` are still going on for this derivation.
    package func next(free: Int, inFlight: [Conditions]) -> Step {
        guard inFlight.isEmpty else { return .wait }
        let inquiry = Inquiry(subject: subject, runs: Array(runs.values), mined: mined)
        switch inquiry.progress(free: max(free, 1)) {
        case .settled(let finding): return .concluded(finding)
        case .need(let conditions): return free > 0 ? .build(Array(conditions.prefix(free))) : .wait
        }
    }
}
