// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// Edges at the turn of a day, seen by builds that take a while: one that starts seconds before may end after.
@Suite struct MidnightEdgeTests {
    private func report(
        edge: Instant, isUpper: Bool, seed: UInt64, candidates: [Candidate]
    ) -> SimulatedFarm.Report {
        let trap = PlantedTrap(seconds: 8...25) { date, _ in isUpper ? date < edge : date >= edge }
        let screening = isUpper ? ["2100-01-01T00:00:00Z"] : ["2100-01-01T00:00:00Z", "1995-01-01T00:00:00Z"]
        return SimulatedFarm(guests: 2, seed: seed).investigate(
            trap, .sample(screening: screening), candidates: candidates)
    }

    @Test(arguments: ["2100-01-01", "2040-01-01", "2031-07-14"], [true, false])
    func `the first day after the edge is told right, whatever ran across midnight`(day: String, isNamed: Bool) throws {
        let edge = try #require(CivilDate(day)).start
        let named = [
            Candidate(
                kind: .literalYear, instant: edge, weight: 3, origin: Evidence(kind: .file, instant: edge, text: day))
        ]
        for seed in UInt64(1)...40 {
            let report = report(edge: edge, isUpper: true, seed: seed, candidates: isNamed ? named : [])
            let upper = try #require(report.finding?.windows.last?.notAfter, "seed \(seed)")
            #expect(upper.firstBad.date == edge.date, "seed \(seed): \(upper)")
            #expect(upper.lastGood < edge, "seed \(seed): \(upper)")
        }
    }

    @Test func `the first good day is told right too`() throws {
        let edge = try #require(CivilDate("2012-01-01")).start
        for seed in UInt64(1)...40 {
            let report = report(edge: edge, isUpper: false, seed: seed, candidates: [])
            let lower = try #require(report.finding?.windows.first?.notBefore, "seed \(seed)")
            #expect(lower.firstGood.date == edge.date, "seed \(seed): \(lower)")
        }
    }
}
