// SPDX-License-Identifier: GPL-3.0-or-later

/// Why an edge is where it is, as far as a log or a file says so.
///
/// Nothing is claimed from an instant alone unless it meets the edge within minutes; what a log says counts only if the
/// builds that passed do not say it too.
struct EdgeCause {
    let cause: Cause
    let evidence: [Evidence]

    static let unknown = EdgeCause(cause: .unknown, evidence: [])

    init(cause: Cause, evidence: [Evidence]) {
        self.cause = cause
        self.evidence = evidence
    }

    /// `lead` is the shortest bracket that builds of this length can give, in seconds.
    init(of edge: ProvenEdge, candidates: Set<Candidate>, telling: Set<LogFact.Kind>, lead: Int64) {
        let said = EdgeCause.said(edge, telling)
        let near: Set<Candidate> = edge.width <= 86_400 + lead ? candidates.filter { edge.holds($0.instant) } : []
        let isExact = edge.width <= 2 * lead + 120
        let places = Places(near, failures: edge.failures)
        for rule in EdgeCause.rules where rule.sides.contains(edge.side) {
            let fact = said.first { rule.facts.contains($0.fact.kind) && rule.allows($0.fact, on: edge.side) }
            let place = places.best(rule.kinds)
            switch rule.needs {
            case .either where fact != nil || place != nil: break
            case .both where fact != nil && place != nil: break
            case .exactPlace where place != nil && (isExact || fact != nil): break
            case .tellingPlace where place.map { places.isTelling($0, edge, candidates) } ?? false && isExact: break
            case .either, .both, .exactPlace, .tellingPlace: continue
            }
            // Beside what the log says, a literal in a file that it does not name may stand there by chance.
            let shown = place.flatMap { fact == nil || places.isNamed($0) || !$0.kind.isLiteral ? $0.origin : nil }
            let words = fact.map { EdgeCause.evidence($0.fact, of: $0.run) }
            self.init(cause: rule.cause, evidence: [shown, words].compactMap(\.self))
            return
        }
        self = (isExact ? EdgeCause.relative(edge, candidates) : nil) ?? .unknown
    }

    private static func said(_ edge: ProvenEdge, _ telling: Set<LogFact.Kind>) -> [(fact: LogFact, run: ObservedRun)] {
        edge.failures.flatMap { run in
            run.facts.filter { telling.contains($0.kind) }.map { ($0, run) }
        }
    }

    static func evidence(_ fact: LogFact, of run: ObservedRun) -> Evidence {
        Evidence(kind: .log, line: fact.line, run: run.id, instant: fact.instants.first, text: fact.text)
    }
}

extension EdgeCause {
    /// Days before an end of validity at which software begins to complain: what people write into checks.
    private static let notices: [Int64] = [
        1, 2, 3, 5, 7, 10, 14, 15, 20, 21, 28, 30, 31, 45, 60, 90, 100, 120, 180, 365,
    ]

    private static let ends: Set<Candidate.Kind> = [
        .certificateNotAfter, .revocationListUntil, .keyExpiry, .signatureExpiry, .tokenExpiry, .dataExpiry,
    ]

    /// An edge a whole number of days before something ends whose validity a file states: a check that wants it to last a
    /// while. Only for edges known within minutes, and where so good a match is no chance (1 in 1000) among that many dates.
    private static func relative(_ edge: ProvenEdge, _ candidates: Set<Candidate>) -> EdgeCause? {
        guard edge.side == .upper else { return nil }
        let ends = candidates.filter { Self.ends.contains($0.kind) }
        let tried = Double(Set(ends.map(\.instant)).count * notices.count)
        let years = Double(CivilDate(firstOf: 2100).start - CivilDate(firstOf: 2000).start)
        guard tried * Double(max(edge.width, 1)) / years < 0.001 else { return nil }
        let matches = ends.flatMap { end in
            notices.filter { edge.holds(end.instant + -$0 * 86_400) }.map { (end: end, days: $0) }
        }
        let best = matches.min { ($0.days, $0.end.origin.text) < ($1.days, $1.end.origin.text) }
        guard let best else { return nil }
        var evidence = best.end.origin
        evidence.text = "\(best.days == 1 ? "a day" : "\(best.days) days") before: \(evidence.text)"
        return EdgeCause(cause: .relativeWindow, evidence: [evidence])
    }
}

extension EdgeCause {
    /// The candidates that meet an edge, and the files that the failed builds' logs name.
    private struct Places {
        private let near: [Candidate]
        private let named: [String]

        init(_ near: Set<Candidate>, failures: [ObservedRun]) {
            let named = Set(failures.flatMap { $0.facts.filter { $0.kind == .namedFile }.map(\.text) }).sorted()
            self.named = named
            self.near = near.sorted { ($1.weight, $0.origin.text) < ($0.weight, $1.origin.text) }
        }

        /// The heaviest of these kinds, one in a file that a log names before all others.
        func best(_ kinds: Set<Candidate.Kind>) -> Candidate? {
            let suitable = near.filter { kinds.contains($0.kind) }
            return suitable.first(where: isNamed) ?? suitable.first
        }

        func isNamed(_ candidate: Candidate) -> Bool {
            candidate.origin.path.map { path in named.contains { NamedFiles.means($0, path) } } ?? false
        }

        /// A large package spells out so many years and days that one of them meets most edges at a midnight: such a place
        /// explains nothing unless the log names its file. An instant of its own does, if so few meet the edge by chance
        /// (1 in 1000) among that many.
        func isTelling(_ place: Candidate, _ edge: ProvenEdge, _ candidates: Set<Candidate>) -> Bool {
            if isNamed(place) { return true }
            let start = place.instant.date.start
            let isNewYear = place.instant == CivilDate(firstOf: place.instant.date.year).start
            let grain = isNewYear ? 366 * 86_400 : place.instant == start ? 86_400 : max(edge.width, 1)
            let tried = Double(Set(candidates.filter { $0.kind == place.kind }.map(\.instant)).count)
            let years = Double(CivilDate(firstOf: 2100).start - CivilDate(firstOf: 2000).start)
            return tried * Double(grain) / years < 0.001
        }
    }

    /// What must be seen for a cause to be claimed.
    struct Rule {
        /// `tellingPlace`: one in a file that the failed log names, or one so rare that it meets the edge by no chance.
        enum Needs { case either, both, exactPlace, tellingPlace }

        let cause: Cause
        let sides: [EdgeGap.Side]
        let facts: Set<LogFact.Kind>
        let kinds: Set<Candidate.Kind>
        let needs: Needs

        /// A log that names the other side of an edge does not explain this one.
        func allows(_ fact: LogFact, on side: EdgeGap.Side) -> Bool {
            fact.side.map { ($0 == .after) == (side == .upper) } ?? true
        }
    }

    /// In order of how much they say; the first that holds is claimed.
    static let rules: [Rule] = [
        Rule(cause: .y2038, sides: [.upper], facts: [.signed32Bit], kinds: [.signed32Bit], needs: .exactPlace),
        Rule(
            cause: .certificateExpired, sides: [.upper], facts: [.certificateExpired],
            kinds: [.certificateNotAfter, .revocationListUntil], needs: .either),
        Rule(
            cause: .certificateNotYetValid, sides: [.lower], facts: [.certificateNotYetValid],
            kinds: [.certificateNotBefore, .revocationListFrom], needs: .either),
        Rule(
            cause: .certificateExpired, sides: [.upper], facts: [.validityDates],
            kinds: [.logDate, .certificateNotAfter], needs: .both),
        Rule(
            cause: .certificateNotYetValid, sides: [.lower], facts: [.validityDates],
            kinds: [.logDate, .certificateNotBefore], needs: .both),
        Rule(cause: .keyExpired, sides: [.upper], facts: [.keyExpired], kinds: [.keyExpiry], needs: .either),
        Rule(
            cause: .signatureExpired, sides: [.upper], facts: [.signatureExpired],
            kinds: [.signatureExpiry, .tokenExpiry], needs: .either),
        Rule(
            cause: .signatureExpired, sides: [.lower], facts: [.signatureNotYetValid],
            kinds: [.signatureFrom, .tokenFrom], needs: .both),
        Rule(cause: .dataFileExpired, sides: [.upper], facts: [.dataExpired], kinds: [.dataExpiry], needs: .either),
        Rule(cause: .y2106, sides: [.upper], facts: [.unsigned32Bit], kinds: [.unsigned32Bit], needs: .exactPlace),
        Rule(cause: .y2036, sides: [.upper], facts: [], kinds: [.networkTimeEra], needs: .exactPlace),
        Rule(
            cause: .hardCodedDate, sides: [.upper, .lower], facts: [.cookieDates, .yearMismatch],
            kinds: [.literalDate, .logDate, .literalYear], needs: .both),
        Rule(
            cause: .twoDigitYear, sides: [.upper, .lower], facts: [.twoDigitYear],
            kinds: [.twoDigitPivot, .encodingPivot, .centuryRule, .literalYear, .yearBoundary], needs: .both),
        Rule(cause: .hardCodedDate, sides: [.upper, .lower], facts: [], kinds: [.literalDate], needs: .tellingPlace),
        Rule(cause: .twoDigitYear, sides: [.upper], facts: [], kinds: [.twoDigitPivot], needs: .tellingPlace),
    ]
}
