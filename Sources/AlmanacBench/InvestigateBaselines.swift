// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// The searches an investigation is compared with: bisection that believes every build, or the best of three.
struct InvestigateBaselines {
    /// Builds at each date; the majority is believed.
    let votes: Int
    let seed: UInt64

    struct Result {
        var builds: Int
        var isRight: Bool
    }

    /// Both ends of the window to one second, from a control at the reference date; endpoints of the search cost nothing.
    func search(_ specimen: InvestigateCorpus.Specimen) -> Result {
        var builds = 0
        var attempt = 0
        let passes = { (instant: Instant) -> Bool in
            var conditions = specimen.subject.reference
            conditions.date = instant
            var (good, bad) = (0, 0)
            while good * 2 < votes, bad * 2 < votes {
                attempt += 1
                builds += 1
                let run = specimen.trap.run(0, conditions, attempt: attempt, seed: seed)
                if run.outcome == .succeeded { good += 1 } else { bad += 1 }
            }
            return good > bad
        }
        let reference = specimen.subject.reference.date
        let upper = bisect(good: reference, bad: InvestigateCorpus.horizon, passes: passes)
        var isRight = upper == specimen.upper
        let located = builds
        let failsEarly = !passes(InvestigateCorpus.earliest)
        builds = located
        if failsEarly {
            let lower = bisect(good: reference, bad: InvestigateCorpus.earliest, passes: passes)
            isRight = isRight && lower == specimen.lower.map { $0 - 1 }
        } else {
            isRight = isRight && specimen.lower == nil
        }
        return Result(builds: builds, isRight: isRight)
    }

    /// The bad instant next to the edge.
    private func bisect(good: Instant, bad: Instant, passes: (Instant) -> Bool) -> Instant {
        var (good, bad) = (good, bad)
        while abs(bad - good) > 1 {
            let middle = good + (bad - good) / 2
            if passes(middle) { good = middle } else { bad = middle }
        }
        return bad
    }
}
