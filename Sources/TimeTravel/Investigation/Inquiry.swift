// SPDX-License-Identifier: GPL-3.0-or-later

/// One look at everything known about a subject: the next builds, or the finding.
struct Inquiry {
    let subject: Subject
    let observations: Observations
    let candidates: Set<Candidate>

    init(subject: Subject, runs: [ObservedRun], mined: Set<Candidate>) {
        self.subject = subject
        observations = Observations(runs, history: subject.history)
        candidates = mined.union(Candidate.wellKnown)
            .union(Inquiry.known(subject)).union(Inquiry.logged(observations))
    }

    func progress(free: Int) -> Progress<Finding, Conditions> {
        let answer = verdict(free: free)
        guard case .need = answer, observations.runs.count >= subject.buildLimit else { return answer }
        return .settled(
            conclusion.unknown("no verdict after \(observations.runs.count) builds, the most that are made"))
    }

    private var conclusion: Conclusion { Conclusion(subject: subject, observations: observations) }

    private func verdict(free: Int) -> Progress<Finding, Conditions> {
        let bad = subject.screening.filter { observations[$0].isBad }
        guard let worst = bad.first else {
            let untried = subject.screening.filter { !observations[$0].isGood }
            return untried.isEmpty ? .settled(conclusion.screened) : .need(untried.prefixed(free))
        }
        let search = PassingSearch(subject: subject, candidates: candidates, observations: observations)
        guard let good = search.places.first(where: { observations[$0].isGood }) ?? observations.goodConditions.first
        else {
            let missing = search.missing(free: free)
            return missing.isEmpty ? .settled(conclusion.broken) : .need(missing)
        }
        // A package known to fail by chance: the screening failure may have been chance as well.
        let flakes = observations.knownFlakes.count
        if flakes > 0, observations.telling.isEmpty, observations[worst].failed.count <= min(flakes, 3) {
            return .need([worst])
        }
        return trap(AxisInquiry(bad: worst, good: good, observations: observations), free: free)
    }

    private func trap(_ axes: AxisInquiry, free: Int) -> Progress<Finding, Conditions> {
        switch axes.progress {
        case .need(let conditions): return .need(conditions)
        case .settled(var answer):
            var dates: DateInquiry.Result?
            if let template = answer.dateTemplate {
                let inquiry = DateInquiry(
                    subject: subject, template: template, control: axes.good, candidates: candidates,
                    observations: observations)
                switch inquiry.progress(free: free) {
                case .need(let conditions): return .need(conditions)
                case .settled(let result): dates = result
                }
            }
            if let dates, answer.others.isEmpty, dates.isUnexplained {
                switch axes.conjunction {
                case .need(let conditions): return .need(conditions)
                case .settled(let conjunction): answer = conjunction ?? answer
                }
            }
            if let dates, let missing = unconfirmed(dates) { return .need([missing]) }
            return processors(answer, axes: axes, dates: dates, free: free)
        }
    }

    /// A build that would tell a trap from a package that fails by chance: more of these exist than of traps that no log
    /// speaks of and no file explains. The control comes first, then the failure nearest to an edge again.
    private func unconfirmed(_ dates: DateInquiry.Result) -> Conditions? {
        for (edge, cause) in zip(dates.edges, dates.causes)
        where cause.cause == .unknown && observations.chanceOfFlakes(edge.failures) > Tuning.trapDoubt {
            if observations[subject.reference].passed.isEmpty, observations[subject.reference].failed.isEmpty {
                return subject.reference
            }
            return edge.bad.conditions
        }
        return nil
    }

    private func processors(
        _ answer: AxisInquiry.Answer, axes: AxisInquiry, dates: DateInquiry.Result?, free: Int
    ) -> Progress<Finding, Conditions> {
        var cpu: CPUInquiry.Result?
        if answer.others == [.cpu], let bad = answer.otherBad, let good = answer.otherGood {
            let inquiry = CPUInquiry(subject: subject, bad: bad, good: good, observations: observations)
            switch inquiry.progress(free: free) {
            case .need(let conditions): return .need(conditions)
            case .settled(let result): cpu = result
            }
        }
        if !answer.others.isEmpty, let bad = answer.otherBad,
            observations.chanceOfFlakes(cpu?.failed ?? observations[bad].failed) > Tuning.trapDoubt
        {
            return .need([bad])
        }
        return .settled(conclusion.trap(answer, control: axes.good, dates: dates, cpu: cpu))
    }
}

extension Inquiry {
    /// Instants the subject itself names: edges of other versions, and releases.
    private static func known(_ subject: Subject) -> Set<Candidate> {
        var known: Set<Candidate> = []
        let add = { (known: inout Set<Candidate>, instant: Instant, side: Candidate.Side) in
            let origin = Evidence(kind: .run, instant: instant, text: "an edge proven for another version")
            known.insert(Candidate(kind: .earlierVersion, instant: instant, side: side, weight: 25, origin: origin))
        }
        for window in subject.earlierWindows {
            if let edge = window.notBefore { add(&known, edge.firstGood, .notBefore) }
            if let edge = window.notAfter { add(&known, edge.firstBad, .notAfter) }
        }
        return known
    }

    /// Instants that logs name, but for the builds' own dates.
    private static func logged(_ observations: Observations) -> Set<Candidate> {
        var logged: Set<Candidate> = []
        for run in observations.runs {
            for fact in run.facts {
                for instant in fact.instants where instant < run.began - 3_600 || instant > run.ended + 3_600 {
                    let origin = Evidence(kind: .log, line: fact.line, run: run.id, instant: instant, text: fact.text)
                    let weight = fact.kind == .dates ? 0.5 : 3.0
                    logged.insert(Candidate(kind: .logDate, instant: instant, weight: weight, origin: origin))
                }
            }
        }
        return logged
    }
}

extension DateInquiry.Result {
    /// Whether some edge has no cause that a log or a file supports.
    var isUnexplained: Bool { periodic == nil && causes.contains { $0.cause == .unknown } }
}
