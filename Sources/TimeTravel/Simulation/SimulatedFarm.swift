// SPDX-License-Identifier: GPL-3.0-or-later

/// Drives an investigation of a planted trap to its end, with any number of guests.
package struct SimulatedFarm: Sendable {
    package var guests: Int
    package var seed: UInt64
    /// Whether runs of a round are recorded in a random order.
    package var shuffles: Bool
    /// Rounds after which a machine that does not end is given up.
    package var mostRounds: Int

    package init(guests: Int = 1, seed: UInt64, shuffles: Bool = false, mostRounds: Int = 2_000) {
        self.guests = guests
        self.seed = seed
        self.shuffles = shuffles
        self.mostRounds = mostRounds
    }

    /// What came out, nil if the machine did not end.
    package struct Report: Sendable {
        package var finding: Finding?
        package var runs: [ObservedRun]
        package var rounds: Int
        /// How many of `runs` each round had.
        package var roundSizes: [Int] = []
        /// Builds that said something: all but those lost to the infrastructure.
        package var builds: Int { runs.count { $0.outcome != .infrastructure } }
    }

    package func investigate(_ trap: PlantedTrap, _ subject: Subject, candidates: [Candidate]) -> Report {
        var investigation = Investigation(subject: subject)
        investigation.add(candidates)
        var runs: [ObservedRun] = []
        var sizes: [Int] = []
        var attempts: [Conditions: Int] = [:]
        var order = SeededRandom(seed: seed &+ 1)
        for round in 0..<mostRounds {
            switch investigation.next(free: guests, inFlight: []) {
            case .concluded(let finding):
                return Report(finding: finding, runs: runs, rounds: round, roundSizes: sizes)
            case .wait: return Report(finding: nil, runs: runs, rounds: round, roundSizes: sizes)
            case .build(let conditions):
                var ended: [ObservedRun] = []
                for each in conditions {
                    let attempt = attempts[each, default: 0]
                    attempts[each] = attempt + 1
                    ended.append(trap.run(Int64(runs.count + ended.count + 1), each, attempt: attempt, seed: seed))
                }
                if shuffles { ended.shuffle(using: &order) }
                ended.forEach { investigation.record($0) }
                runs += ended
                sizes.append(ended.count)
            }
        }
        return Report(finding: nil, runs: runs, rounds: mostRounds, roundSizes: sizes)
    }
}
