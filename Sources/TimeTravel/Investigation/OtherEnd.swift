// SPDX-License-Identifier: GPL-3.0-or-later

/// Where a window may begin or end, given its other end to the second.
///
/// Certificates and keys are made for round lifetimes, counted in days of 86,400 seconds or in calendar years.
enum OtherEnd {
    private static let years = [1, 2, 3, 5, 10, 15, 20, 25, 30, 50, 100]

    static func candidates(of edge: ProvenEdge) -> Set<Candidate> {
        let sign = edge.side == .upper ? -1 : 1
        var found: Set<Candidate> = []
        let text = "a round lifetime from the end that was found"
        for count in years {
            let days = edge.after + Int64(sign * count * 365) * 86_400
            let date = edge.after.date.adding(years: sign * count).start + Int64(edge.after.secondOfDay)
            for (instant, weight) in [(days, 1.0), (date, 0.7)] {
                let origin = Evidence(kind: .constant, instant: instant, text: text)
                found.insert(Candidate(kind: .otherEnd, instant: instant, weight: weight, origin: origin))
            }
        }
        return found
    }
}
