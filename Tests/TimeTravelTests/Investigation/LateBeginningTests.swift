// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// Builds begin when the guest was found as asked, which on a machine with much to do is seconds after the asked instant.
@Suite struct LateBeginningTests {
    @Test(arguments: [0, 1, 5])
    func `an edge is found with the same few builds however late they begin`(delay: Int64) throws {
        let subject = Subject.sample(screening: ["2100-01-01T00:00:00Z", "2013-01-01T00:00:00Z"])
        let edge = try #require(Instant("2038-01-19T03:14:08Z"))
        var investigation = Investigation(subject: subject)
        var tried: [Conditions: Int] = [:]
        var runs: Int64 = 0
        while true {
            guard case .build(let conditions) = investigation.next(free: 1, inFlight: []) else { break }
            let asked = try #require(conditions.first)
            runs += 1
            tried[asked, default: 0] += 1
            let began = asked.date + delay
            investigation.record(
                ObservedRun(
                    id: runs, conditions: asked, outcome: began + 20 < edge ? .succeeded : .failed, began: began,
                    ended: began + 20))
        }
        guard case .concluded(let finding) = investigation.next(free: 1, inFlight: []) else {
            Issue.record("it does not end")
            return
        }
        #expect(finding.windows.last?.notAfter?.firstBad.date == edge.date)
        #expect(runs < 30 && tried.values.allSatisfy { $0 == 1 }, "\(tried)")
    }
}
