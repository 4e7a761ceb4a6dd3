// SPDX-License-Identifier: GPL-3.0-or-later

/// A stretch of the date axis with a good build at one end, in which an edge is looked for.
///
/// Positions are the instants that builds were asked to start at; they start then or, on a host with much to do, seconds later. `failures` go outwards from the good end; behind each of them the edge can
/// only lie if that failure, and all nearer ones, were chance.
struct EdgeGap {
    /// Which end of a window the edge would be.
    enum Side { case lower, upper }

    let side: Side
    /// The outermost good build: the last one before an upper edge, the first one after a lower edge.
    let good: ObservedRun
    /// Failed builds beyond it, nearest first, all those at one instant together.
    let failures: [[ObservedRun]]
    /// At the same places: failures under the control's other conditions.
    let alsoFailed: [[ObservedRun]]
    /// How far to look where no failure was seen: the horizon, or the next good build.
    let far: Instant
    /// How likely there is no edge at all between `anchor` and the far end, before any build and before flakiness.
    let noEdge: Double
    /// Where the search began: the first build that passed.
    let anchor: Instant

    /// The start of the nearest failure.
    var nearestFailure: Instant? { failures.first?.first?.conditions.date }

    /// The far end of what is searched: the outermost failure, or the horizon.
    var farthest: Instant { failures.last?.first?.conditions.date ?? far }
}

extension EdgeGap {
    /// What is believed about an edge in a gap after all builds so far.
    struct Belief {
        /// Start and end of spans between failures, outwards from the good end, and how likely the edge is in each.
        var spans: [(near: Int64, far: Int64, probability: Double)]
        /// How likely there is no edge in the gap.
        var none: Double

        /// How likely the edge is between the good end and the nearest failure.
        var nearest: Double { spans.first?.probability ?? 0 }
    }

    func belief(prior: EdgePrior, observations: Observations) -> Belief {
        var spans: [(near: Int64, far: Int64, probability: Double)] = []
        var near = good.conditions.date.seconds
        var chanceFailures: [ObservedRun] = []
        for (index, group) in (failures.isEmpty ? [[]] : failures).enumerated() {
            let far = (group.first?.conditions.date ?? self.far).seconds
            let weight =
                side == .upper ? prior.weight(after: near, through: far) : prior.weight(after: far, through: near)
            spans.append((near, far, weight * observations.chanceOfFlakes(chanceFailures)))
            chanceFailures += group + (failures.isEmpty ? [] : alsoFailed[index])
            near = far
        }
        let reached = [anchor.seconds, near, good.conditions.date.seconds]
        let whole = prior.weight(after: reached.min() ?? near, through: reached.max() ?? near)
        let noneWeight = noEdge / (1 - noEdge) * max(whole, 1e-12) * observations.chanceOfFlakes(chanceFailures)
        let total = spans.reduce(noneWeight) { $0 + $1.probability }
        guard total > 0 else { return Belief(spans: spans.map { ($0.near, $0.far, 0) }, none: 1) }
        return Belief(spans: spans.map { ($0.near, $0.far, $0.probability / total) }, none: noneWeight / total)
    }
}
