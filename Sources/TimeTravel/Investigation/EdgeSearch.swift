// SPDX-License-Identifier: GPL-3.0-or-later

/// Chooses the next builds in one gap: where the belief about the edge is split most evenly.
///
/// With k guests the k quantiles of the belief are probed at once. A likely candidate is thereby tested from both sides:
/// by a build expected to end before it and by one that starts at it.
struct EdgeSearch {
    let gap: EdgeGap
    let prior: EdgePrior
    let belief: EdgeGap.Belief
    let precision: Precision
    /// Seconds before an instant at which a build must start to end before it.
    let lead: Int64

    init(gap: EdgeGap, prior: EdgePrior, observations: Observations, precision: Precision, lead: Int64) {
        self.gap = gap
        self.prior = prior
        self.precision = precision
        self.lead = lead
        belief = gap.belief(prior: prior, observations: observations)
    }

    /// How likely the edge is not where the nearest failure says.
    var doubt: Double { 1 - belief.nearest }

    /// Start instants to probe, at most `count`, most informative first; empty when nothing is left to learn.
    func probes(_ count: Int) -> [Instant] {
        guard count > 0 else { return [] }
        var chosen: [Instant] = []
        for index in 1...count {
            // The middle first, then the others from it outwards.
            let step = index / 2 * (index % 2 == 0 ? 1 : -1)
            let share = 0.5 + Double(step) / Double(count + 1)
            if let probe = probe(at: share), !chosen.contains(probe) { chosen.append(probe) }
        }
        return chosen
    }

    /// Whether the two builds next to the edge are as close as asked for, or as close as builds of this length can be.
    var isResolved: Bool {
        guard let bad = gap.failures.first?.first else { return false }
        let (first, second) = gap.side == .upper ? (gap.good, bad) : (bad, gap.good)
        let start = second.conditions.date
        if start - first.conditions.date <= lead { return true }
        guard first.ended < start else { return false }
        return precision.isMet(after: first.ended, through: start, slack: lead)
    }

    private var sign: Int64 { gap.side == .upper ? 1 : -1 }
    private var origin: Int64 { gap.good.conditions.date.seconds }
    private var reach: Int64 { (gap.farthest.seconds - origin) * sign }

    /// How likely a build started `distance` beyond the good one fails because of the edge.
    private func failing(at distance: Int64) -> Double {
        let position = origin + distance * sign
        var sum = 0.0
        for span in belief.spans {
            if (span.far - position) * sign <= 0 {
                sum += span.probability
                continue
            }
            let whole = weight(span.near, span.far)
            if whole > 0 { sum += span.probability * weight(span.near, position) / whole }
            break
        }
        return sum
    }

    private func weight(_ near: Int64, _ far: Int64) -> Double {
        prior.weight(after: min(near, far), through: max(near, far))
    }

    private func probe(at share: Double) -> Instant? {
        for failure in gap.failures.compactMap({ $0.first?.conditions.date }) {
            let chance = failing(at: (failure.seconds - origin) * sign)
            if abs(chance - share) < 0.15 { return failure }
        }
        guard reach > 1, failing(at: reach) > share else { return gap.farthest }
        var (low, high) = (Int64(0), reach)  // failing(low) <= share < failing(high)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if failing(at: middle) > share { high = middle } else { low = middle }
        }
        return placed(low: low, high: high, share: share)
    }

    /// A start instant that splits between the distances `low` and `low + 1`, where the belief crosses `share`.
    private func placed(low: Int64, high: Int64, share: Double) -> Instant? {
        let jump = failing(at: high) - failing(at: low)
        let boundary = origin + (gap.side == .upper ? high : -low)
        if jump > 1e-4 { return aroundBoundary(boundary, low: low, high: high, share: share) }
        if precision == .day, let midnight = beforeMidnight(near: boundary) { return midnight }
        return clear(rounded(origin + high * sign))
    }

    /// A build that ends just before a midnight: what tells one day from the next.
    private func beforeMidnight(near position: Int64) -> Instant? {
        let midnight = Instant(seconds: position + 43_200).date.start.seconds
        return [0, -86_400, 86_400].map { midnight + $0 - lead }.first(where: isInside).map { Instant(seconds: $0) }
    }

    /// One of the two builds that test an instant: expected to end before it, or starting at it.
    private func aroundBoundary(_ boundary: Int64, low: Int64, high: Int64, share: Double) -> Instant? {
        let before = boundary - lead
        let tried = gap.failures.compactMap { $0.first?.conditions.date.seconds }
        let options = [before, boundary].filter { isInside($0) && !tried.contains($0) }
        let isOutwards = gap.side == .upper
        let preferred = (failing(at: high) - share < share - failing(at: low)) == isOutwards ? boundary : before
        if let choice = options.contains(preferred) ? preferred : options.first { return Instant(seconds: choice) }
        // If the edge were here, the failure next to it on the good side would be chance: look at that one again.
        let conflicting =
            gap.side == .upper ? tried.filter { $0 < boundary }.max() : tried.filter { $0 >= boundary }.min()
        return conflicting.map { Instant(seconds: $0) } ?? fallback
    }

    /// Halfway between the two builds next to the edge, when no candidate can be tested any more.
    private var fallback: Instant? {
        guard let nearest = gap.nearestFailure else { return nil }
        let middle = (origin + nearest.seconds) / 2
        return isInside(middle) && !isResolved ? Instant(seconds: middle) : nearest
    }

    private func isInside(_ position: Int64) -> Bool {
        let distance = (position - origin) * sign
        return distance > 0 && distance < reach
    }

    /// A round instant near `position` where the span is wide, so that conditions stay readable.
    private func rounded(_ position: Int64) -> Int64 {
        let span = belief.spans.first { (position - $0.near) * sign > 0 && ($0.far - position) * sign >= 0 }
        let width = span.map { ($0.far - $0.near) * sign } ?? 0
        if width > 60 * 86_400 { return Instant(seconds: position).date.start.seconds + 43_200 }
        if width > 7_200 { return position - (position % 60 + 60) % 60 }
        return position
    }

    /// Moves a build that would run across a candidate so that it is expected to end before it.
    private func clear(_ position: Int64) -> Instant? {
        let crossed = prior.atoms(after: position, through: position + lead).first?.instant
        let moved = crossed.map { $0 - lead } ?? position
        return [moved, position].first(where: isInside).map { Instant(seconds: $0) } ?? fallback
    }
}

extension Precision {
    /// Whether an edge after `low` and not after `high` is known closely enough.
    ///
    /// No build can end at the last second of a day and be sure of it: where one ended within `slack` seconds of midnight,
    /// the day is taken to be over.
    func isMet(after low: Instant, through high: Instant, slack: Int64) -> Bool {
        switch self {
        case .day: (low + max(1, slack)).date >= high.date
        case .minute: high - low <= 60
        case .second: high - low <= 1
        }
    }
}
