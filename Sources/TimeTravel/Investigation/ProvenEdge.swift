// SPDX-License-Identifier: GPL-3.0-or-later

/// An end of a window with the two builds that prove it.
struct ProvenEdge {
    let side: EdgeGap.Side
    let good: ObservedRun
    let bad: ObservedRun
    /// All failed builds of the bad stretch, nearest first.
    let failures: [ObservedRun]
    /// How likely the edge lies elsewhere.
    let doubt: Double

    /// The earlier build's end: the last instant seen before the change.
    var before: Instant { side == .upper ? good.ended : bad.ended }
    /// The later build's start: the first instant seen after the change.
    var after: Instant { side == .upper ? bad.began : good.began }
    var width: Int64 { after - before }

    /// The tightest pair of the two stretches whose earlier build ended before the later one began.
    ///
    /// A build that runs across the edge may still pass, or already fail. Unless the nearest pair has a midnight or one of `named` between
    /// its two builds, the pair is taken from builds that another of their kind shows to lie on their side as a whole,
    /// if they are close enough.
    init?(
        side: EdgeGap.Side, good goods: [ObservedRun], bad bads: [ObservedRun], doubt: Double, named: [Instant],
        precision: Precision, lead: Int64
    ) {
        let (earlier, later) = side == .upper ? (goods, bads) : (bads, goods)
        // A build that ran across a named instant may have passed before it or after it.
        let clear = earlier.filter { run in !named.contains { $0 >= run.began && $0 <= run.ended } }
        // One that runs across a midnight may have met the edge there, and would put it on the day before.
        let late = later.filter { $0.midnightCrossed == nil }
        let after = ProvenEdge.tightest(earlier, late) == nil ? later : late
        guard let nearest = ProvenEdge.tightest(earlier, after) else { return nil }
        let lastStart = earlier.map(\.began).max() ?? .latest
        let firstEnd = after.map(\.ended).min() ?? .earliest
        let isNamed =
            ([nearest.later.began.date.start] + named).contains {
                $0 > nearest.earlier.ended && $0 <= nearest.later.began
            } && clear.contains(nearest.earlier)
        let sure = [
            ProvenEdge.tightest(clear.filter { $0.ended <= lastStart }, after.filter { $0.began >= firstEnd }),
            ProvenEdge.tightest(clear, after),
        ].compactMap(\.self)
        let isClose = { (pair: (earlier: ObservedRun, later: ObservedRun)) in
            pair.later.began - pair.earlier.ended <= 16 * lead
                || precision.isMet(after: pair.earlier.ended, through: pair.later.began, slack: lead)
        }
        let best = isNamed ? nearest : sure.first(where: isClose) ?? nearest
        self.side = side
        good = side == .upper ? best.earlier : best.later
        bad = side == .upper ? best.later : best.earlier
        let sign: Int64 = side == .upper ? 1 : -1
        failures = bads.sorted { (($0.began.seconds * sign), $0.id) < (($1.began.seconds * sign), $1.id) }
        self.doubt = doubt
    }

    private static func tightest(
        _ earlier: [ObservedRun], _ later: [ObservedRun]
    ) -> (earlier: ObservedRun, later: ObservedRun)? {
        // The latest end and the earliest start make the tightest pair, unless they overlap.
        var best: (earlier: ObservedRun, later: ObservedRun)?
        for first in earlier {
            let next = later.filter { first.ended < $0.began }.min { ($0.began, $0.id) < ($1.began, $1.id) }
            guard let next else { continue }
            guard let known = best else {
                best = (first, next)
                continue
            }
            let (gap, knownGap) = (next.began - first.ended, known.later.began - known.earlier.ended)
            if (gap, first.id) < (knownGap, known.earlier.id) { best = (first, next) }
        }
        return best
    }

    /// Whether a candidate, or the second or two after it, lies between the two builds.
    func holds(_ instant: Instant) -> Bool { instant > before - 3 && instant <= after }
}

extension Array where Element == ProvenEdge {
    /// The spans between the edges in which builds work, ascending.
    var windows: [Window] {
        var windows: [Window] = []
        var open: Window.LowerEdge?
        for edge in sorted(by: { $0.after < $1.after }) {
            switch edge.side {
            case .lower:
                open = Window.LowerEdge(lastBad: edge.before, firstGood: edge.after)
            case .upper:
                let upper = Window.UpperEdge(lastGood: edge.before, firstBad: edge.after)
                windows.append(Window(notBefore: open, notAfter: upper))
                open = nil
            }
        }
        if let open { windows.append(Window(notBefore: open, notAfter: nil)) }
        return windows
    }
}

extension ObservedRun {
    /// The last midnight that the run began before and did not end before.
    var midnightCrossed: Instant? {
        let midnight = ended.date.start
        return midnight > began ? midnight : nil
    }
}
