// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// What must hold for any planted windows, flakiness and number of guests; each case is made from its printed seed.
@Suite struct PropertyTests {
    /// Good spans of a random package, ascending; open ends where nil.
    private struct Planted {
        var changes: [Instant]
        var startsGood: Bool

        init(seed: UInt64) {
            var random = SeededRandom(seed: seed)
            let count = Int.random(in: 1...4, using: &random)
            var times: [Int64] = []
            for _ in 0..<count {
                // Far apart, or close together: some windows are narrower than a build.
                let isNear = random.chance(0.3)
                let base = times.last ?? 0
                times.append(
                    isNear && base != 0
                        ? base + Int64.random(in: 2...90, using: &random)
                        : Int64.random(in: 700_000_000...4_000_000_000, using: &random))
                times.sort()
            }
            changes = times.map { Instant(seconds: $0) }
            startsGood = random.chance(0.5)
        }

        func works(_ instant: Instant) -> Bool { (changes.count { $0 <= instant } % 2 == 0) == startsGood }
    }

    @Test(arguments: UInt64(1)...60)
    func `the machine ends and claims nothing that no run supports`(seed: UInt64) throws {
        let planted = Planted(seed: seed)
        let trap = PlantedTrap(flakeRate: seed % 3 == 0 ? 0.05 : 0, seconds: 5...40, lossRate: seed % 4 == 0 ? 0.2 : 0)
        { instant, _ in
            planted.works(instant)
        }
        let subject = Subject.sample(precision: [.day, .minute, .second][Int(seed % 3)])
        let report = SimulatedFarm(guests: Int(seed % 4) + 1, seed: seed).investigate(trap, subject, candidates: [])
        let finding = try #require(report.finding, "seed \(seed)")
        #expect(report.builds <= subject.buildLimit + 4)
        let seen = report.runs.filter { $0.outcome != .infrastructure }
        #expect(finding.runs == seen.map(\.id).sorted())
        for window in finding.windows {
            if let upper = window.notAfter {
                #expect(upper.lastGood < upper.firstBad)
                #expect(seen.contains { $0.outcome == .succeeded && $0.ended == upper.lastGood })
                #expect(seen.contains { $0.outcome == .failed && $0.began == upper.firstBad })
            }
            if let lower = window.notBefore {
                #expect(lower.lastBad < lower.firstGood)
                #expect(seen.contains { $0.outcome == .failed && $0.ended == lower.lastBad })
                #expect(seen.contains { $0.outcome == .succeeded && $0.began == lower.firstGood })
            }
        }
        if finding.verdict == .broken { #expect(!seen.contains { $0.outcome == .succeeded }) }
        if finding.verdict.isTrap {
            #expect(seen.contains { $0.outcome == .succeeded }, "a trap without a build that passed")
        }
        if let date = finding.annotation.date {
            #expect(seen.contains { $0.outcome == .succeeded && $0.conditions.date == date })
        }
    }

    @Test(arguments: UInt64(1)...25)
    func `the verdict does not depend on the order in which parallel runs finish`(seed: UInt64) throws {
        let planted = Planted(seed: seed)
        let trap = PlantedTrap(flakeRate: 0.05, seconds: 5...40) { instant, _ in planted.works(instant) }
        let ordered = SimulatedFarm(guests: 4, seed: seed).investigate(trap, .sample(), candidates: [])
        let shuffled = SimulatedFarm(guests: 4, seed: seed, shuffles: true).investigate(trap, .sample(), candidates: [])
        #expect(ordered.finding == shuffled.finding)
    }

    @Test(arguments: UInt64(1)...12)
    func `a machine rebuilt from its runs in any order goes on as before`(seed: UInt64) throws {
        let planted = Planted(seed: seed)
        let trap = PlantedTrap(flakeRate: 0.1, seconds: 5...40) { instant, _ in planted.works(instant) }
        let report = SimulatedFarm(guests: 2, seed: seed).investigate(trap, .sample(), candidates: [])
        var random = SeededRandom(seed: seed)
        for count in stride(from: 0, through: report.runs.count, by: 5) {
            var first = Investigation(subject: .sample())
            var second = Investigation(subject: .sample())
            report.runs.prefix(count).forEach { first.record($0) }
            report.runs.prefix(count).shuffled(using: &random).forEach { second.record($0) }
            // A run told twice is one run.
            report.runs.prefix(count).suffix(2).forEach { second.record($0) }
            #expect(first.next(free: 2, inFlight: []) == second.next(free: 2, inFlight: []))
        }
    }

    @Test func `infrastructure failures alone never make a verdict`() {
        var investigation = Investigation(subject: .sample())
        for number in 1...50 {
            guard case .build(let conditions) = investigation.next(free: 1, inFlight: []) else {
                Issue.record("a verdict without an observation")
                return
            }
            #expect(conditions == [Subject.sample().screening[0]])
            investigation.record(
                ObservedRun(
                    id: Int64(number), conditions: conditions[0], outcome: .infrastructure, began: .epoch, ended: .epoch
                ))
        }
    }

    @Test func `nothing is asked for while builds are in flight or no guest is free`() {
        let investigation = Investigation(subject: .sample())
        #expect(investigation.next(free: 2, inFlight: [Subject.sample().screening[0]]) == .wait)
        #expect(investigation.next(free: 0, inFlight: []) == .wait)
    }

    @Test func `never more builds are asked for than guests are free`() {
        let trap = PlantedTrap(seconds: 5...40) { instant, _ in instant < CivilDate(firstOf: 2047).start + 1_234_567 }
        for guests in 1...8 {
            var investigation = Investigation(subject: .sample())
            var number: Int64 = 0
            while case .build(let conditions) = investigation.next(free: guests, inFlight: []), number < 200 {
                #expect(conditions.count <= guests && !conditions.isEmpty)
                for each in conditions {
                    number += 1
                    investigation.record(trap.run(number, each, attempt: Int(number), seed: 1))
                }
            }
            #expect(number < 100)
        }
    }

    @Test func `the limit on builds ends what cannot be found out`() {
        let trap = PlantedTrap(seconds: 1...2) { instant, _ in (instant.seconds / 977) % 2 == 0 }
        let report = SimulatedFarm(seed: 1).investigate(
            trap, .sample(precision: .second, buildLimit: 30), candidates: [])
        #expect(report.finding != nil)
        #expect(report.builds <= 31)
    }
}
