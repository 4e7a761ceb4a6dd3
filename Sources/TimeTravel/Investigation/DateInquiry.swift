// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds every window on the date axis, the other conditions held as `template` has them.
struct DateInquiry {
    let subject: Subject
    let template: Conditions
    /// Conditions that passed, maybe with other axes than `template`.
    let control: Conditions
    let candidates: Set<Candidate>
    let observations: Observations
    let timeline: Timeline
    let lead: Int64

    /// What is known about the date axis.
    struct Result {
        var edges: [ProvenEdge]
        var causes: [EdgeCause]
        var periodic: PeriodicRule?

        var doubt: Double { edges.reduce(0) { $0 + $1.doubt } }
    }

    init(
        subject: Subject, template: Conditions, control: Conditions, candidates: Set<Candidate>,
        observations: Observations
    ) {
        self.control = control
        self.subject = subject
        self.template = template
        self.candidates = candidates
        self.observations = observations
        let isSuspected = !observations.telling.isDisjoint(with: [.dayOutOfRange, .hourShift])
        timeline = Timeline(
            template: template, control: control, observations: observations,
            islandChance: isSuspected ? Tuning.suspectedIsland : Tuning.island)
        let length = observations.expectedSeconds(subject)
        lead = length + length / 4 + 1
    }

    func progress(free: Int) -> Progress<Result, Conditions> {
        if !timeline.doubtful.isEmpty { return .need(conditions(timeline.doubtful.map(\.date)).prefixed(free)) }
        switch PeriodicInquiry(timeline: timeline, observations: observations).progress {
        case .need(let dates): return .need(conditions(dates).prefixed(free))
        case .settled(let rule):
            if let rule { return .settled(result(edges: roughEdges, periodic: rule)) }
        }
        if timeline.stretches.count > Tuning.mostEdges {
            return .settled(result(edges: roughEdges, periodic: .repeating))
        }
        return edgesProgress(free: free)
    }

    private func edgesProgress(free: Int) -> Progress<Result, Conditions> {
        let found = gapsWithFailures.map { search($0, weights([])) }.filter { unsettled($0, room: 1) == nil }
        let edges = found.compactMap(edge)
        // What one end of a window says about the other.
        let derived = derivedCandidates(edges)
        let informed = weights(derived)
        var wanted: [Conditions] = []
        for gap in gapsWithFailures {
            // An end that is proven by itself is not reopened by what the other end suggests.
            if unsettled(search(gap, weights([])), room: 1) == nil { continue }
            wanted += unsettled(search(gap, informed), room: free - wanted.count) ?? []
        }
        if !wanted.isEmpty, wanted.count >= free { return .need(wanted.prefixed(free)) }
        for gap in gapsToExplore(isHinted: derived.contains { $0.kind != .otherEnd }) {
            wanted += conditions(search(gap, informed).probes(max(0, free - wanted.count)))
        }
        if !wanted.isEmpty { return .need(wanted.prefixed(free)) }
        let result = self.result(edges: gapsWithFailures.compactMap { edge(best($0, informed)) }, periodic: nil)
        let spread = SpreadProbes(timeline: timeline, result: result).missing
        return spread.isEmpty ? .settled(result) : .need(conditions(spread).prefixed(free))
    }

    private func best(_ gap: EdgeGap, _ informed: CandidateWeights) -> EdgeSearch {
        let alone = search(gap, weights([]))
        return unsettled(alone, room: 1) == nil ? alone : search(gap, informed)
    }

    private func weights(_ derived: Set<Candidate>) -> CandidateWeights {
        CandidateWeights(
            candidates.union(derived), telling: observations.telling, subject: subject)
    }

    private func search(_ gap: EdgeGap, _ weights: CandidateWeights) -> EdgeSearch {
        EdgeSearch(
            gap: gap, prior: weights.prior(gap.side), observations: observations, precision: subject.precision,
            lead: lead)
    }

    /// Builds that an edge with failures still needs; nil when it is proven.
    private func unsettled(_ search: EdgeSearch, room: Int) -> [Conditions]? {
        guard search.isResolved, search.belief.nearest > 0.5 else { return conditions(search.probes(max(0, room))) }
        if search.doubt > observations.allowedDoubt || restsOnOneSilentFailure(search.gap),
            let date = search.gap.nearestFailure
        {
            return [repetition(date)]
        }
        if search.gap.good.conditions.taking(.date, from: template) != template {
            return conditions([search.gap.good.conditions.date])
        }
        let repairs = repairs(search) + crossed(search)
        return repairs.isEmpty ? nil : conditions(repairs)
    }

    /// No edge is claimed on a single failure whose log gives no reason.
    private func restsOnOneSilentFailure(_ gap: EdgeGap) -> Bool {
        let nearest = (gap.failures.first ?? []) + (gap.alsoFailed.first ?? [])
        return nearest.count == 1 && !nearest.contains(where: observations.speaks)
    }

    /// A second look at a failure, under the control's other conditions if nothing explains it: one build then tells
    /// chance from trap and date from interaction.
    private func repetition(_ date: Instant) -> Conditions {
        var other = control
        other.date = date
        var same = template
        same.date = date
        let isUntried = observations[other].failed.isEmpty && observations[other].passed.isEmpty
        return observations.telling.isEmpty && isUntried ? other : same
    }

    /// Builds that a proof still lacks, where the two next to the edge may have run across it: one that ended before the
    /// nearest failure, or before and after an edge that nothing names.
    private func repairs(_ search: EdgeSearch) -> [Instant] {
        guard let nearest = search.gap.nearestFailure, let edge = edge(search), edge.width > 3 * lead,
            !subject.precision.isMet(after: edge.before, through: edge.after, slack: lead)
        else { return [] }
        let (first, second) =
            search.gap.side == .upper
            ? (search.gap.good.conditions.date, nearest) : (nearest, search.gap.good.conditions.date)
        var wanted = [second - lead]
        if subject.precision != .day { wanted += [first - lead, second + lead] }
        return wanted.filter { date in
            (date <= first || date >= second) && !timeline.points.contains { $0.date == date && !$0.isBorrowed }
        }
    }

    /// Where the build before the edge ran across a candidate, or the one after it across a midnight, either of which may
    /// be the edge: one more that ends before it, and one that starts at that midnight.
    private func crossed(_ search: EdgeSearch) -> [Instant] {
        guard let edge = edge(search) else { return [] }
        let (earlier, later) = edge.side == .upper ? (edge.good, edge.bad) : (edge.bad, edge.good)
        let isUntried = { (date: Instant) in !timeline.points.contains { $0.date == date && !$0.isBorrowed } }
        if let first = candidates.map(\.instant).filter({ $0 >= earlier.began && $0 <= earlier.ended }).min(),
            isUntried(first - lead)
        {
            return [first - lead]
        }
        guard let midnight = later.midnightCrossed else { return [] }
        let wanted = midnight - lead > earlier.ended ? [midnight - lead, midnight] : [midnight]
        return Array(wanted.filter(isUntried).prefix(1))
    }

    private func conditions(_ dates: [Instant]) -> [Conditions] {
        dates.map { date in
            var conditions = template
            conditions.date = date
            return conditions
        }
    }
}

extension DateInquiry {
    private var gapsWithFailures: [EdgeGap] {
        let stretches = timeline.stretches
        return stretches.indices.filter { !stretches[$0].isGood }.flatMap { index -> [EdgeGap] in
            let isIsland = index > 0 && index + 1 < stretches.count
            let noEdge = isIsland ? 0.02 : Tuning.noEdgeAtAll
            let failures = stretches[index].points.map(\.failed)
            let also = stretches[index].points.map(\.alsoFailed)
            var gaps: [EdgeGap] = []
            if index > 0, let good = stretches[index - 1].points.last?.run {
                gaps.append(
                    EdgeGap(
                        side: .upper, good: good, failures: failures, alsoFailed: also, far: subject.latest,
                        noEdge: noEdge, anchor: control.date))
            }
            if index + 1 < stretches.count, let good = stretches[index + 1].points.first?.run {
                gaps.append(
                    EdgeGap(
                        side: .lower, good: good, failures: failures.reversed(), alsoFailed: also.reversed(),
                        far: subject.earliest, noEdge: noEdge, anchor: control.date))
            }
            return gaps
        }
    }

    /// Beyond the outermost good builds nothing may have been tried yet.
    private func gapsToExplore(isHinted: Bool) -> [EdgeGap] {
        let noEdge = isHinted ? 0.3 : Tuning.noOtherEdge
        var gaps: [EdgeGap] = []
        if let first = timeline.stretches.first, first.isGood, let good = first.points.first?.run,
            good.conditions.date > subject.earliest
        {
            gaps.append(
                EdgeGap(
                    side: .lower, good: good, failures: [], alsoFailed: [], far: subject.earliest, noEdge: noEdge,
                    anchor: control.date))
        }
        if let last = timeline.stretches.last, last.isGood, let good = last.points.last?.run,
            good.conditions.date < subject.latest
        {
            gaps.append(
                EdgeGap(
                    side: .upper, good: good, failures: [], alsoFailed: [], far: subject.latest, noEdge: noEdge,
                    anchor: control.date))
        }
        return gaps
    }

    private func edge(_ search: EdgeSearch) -> ProvenEdge? {
        let stretches = timeline.stretches
        let good = search.gap.good.conditions.date
        guard let index = stretches.firstIndex(where: { $0.isGood && $0.points.contains { $0.date == good } }) else {
            return nil
        }
        let bad = search.gap.side == .upper ? index + 1 : index - 1
        guard stretches.indices.contains(bad) else { return nil }
        let passed = stretches[index].points.filter { !$0.isBorrowed }.flatMap(\.passed)
        return ProvenEdge(
            side: search.gap.side, good: passed, bad: stretches[bad].points.flatMap(\.failed), doubt: search.doubt,
            named: candidates.map(\.instant), precision: subject.precision, lead: lead)
    }

    /// Every sign change as far as it is known, nothing refined.
    private var roughEdges: [ProvenEdge] {
        let weights = CandidateWeights(candidates, telling: observations.telling, subject: subject)
        return gapsWithFailures.compactMap { edge(search($0, weights)) }
    }

    private func result(edges: [ProvenEdge], periodic: PeriodicRule?) -> Result {
        let causes = edges.map {
            EdgeCause(of: $0, candidates: candidates, telling: observations.telling, lead: lead)
        }
        return Result(edges: edges, causes: causes, periodic: periodic)
    }

    /// Where the other end of a window would be, judging by the end that was found.
    private func derivedCandidates(_ edges: [ProvenEdge]) -> Set<Candidate> {
        var derived: Set<Candidate> = []
        for edge in edges where edge.width <= 86_400 + lead {
            for candidate in candidates where edge.holds(candidate.instant) {
                derived.formUnion(
                    candidates.filter { $0.isOtherEnd(of: candidate) }.map { $0.weighing($0.weight * 20) })
            }
            if edge.width <= 2 * lead + 1 { derived.formUnion(OtherEnd.candidates(of: edge)) }
        }
        return derived
    }
}

extension Candidate {
    /// Whether both were read from one object: the validity of one certificate, one line of a log.
    fileprivate func isOtherEnd(of other: Candidate) -> Bool {
        instant != other.instant && origin.path == other.origin.path && origin.line == other.origin.line
            && origin.offset == other.origin.offset && (origin.line != nil || origin.offset != nil)
    }

    fileprivate func weighing(_ weight: Double) -> Candidate {
        var copy = self
        copy.weight = weight
        return copy
    }
}
