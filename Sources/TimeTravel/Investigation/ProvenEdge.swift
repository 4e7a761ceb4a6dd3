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
    init?(side: EdgeGap.Side, good goods: [ObservedRun], bad bads: [ObservedRun], doubt: Double) {
        let (earlier, later) = side == .upper ? (goods, bads) : (bads, goods)
        var best: (earlier: ObservedRun, later: ObservedRun)?
        for first in earlier {
            for second in later where first.ended < second.began {
                guard let known = best else {
                    best = (first, second)
                    continue
                }
                let gap = second.began - first.ended
                let knownGap = known.later.began - known.earlier.ended
                if gap < knownGap || (gap == knownGap && (first.id, second.id) < (known.earlier.id, known.later.id)) {
                    best = (first, second)
                }
            }
        }
        guard let best else { return nil }
        self.side = side
        good = side == .upper ? best.earlier : best.later
        bad = side == .upper ? best.later : best.earlier
        let sign: Int64 = side == .upper ? 1 : -1
        failures = bads.sorted { (($0.began.seconds * sign), $0.id) < (($1.began.seconds * sign), $1.id) }
        self.doubt = doubt
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
