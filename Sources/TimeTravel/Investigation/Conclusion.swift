// SPDX-License-Identifier: GPL-3.0-or-later

/// Puts a finding into words and figures.
struct Conclusion {
    let subject: Subject
    let observations: Observations

    private var runs: [Int64] { observations.runs.map(\.id).sorted() }
    private var flakeRate: Double { observations.knownFlakes.isEmpty ? 0 : observations.flakes.rate }

    /// All screening builds passed, if not always at once.
    var screened: Finding {
        let flakes = observations.knownFlakes
        if flakes.isEmpty {
            return Finding(
                verdict: .sound, probability: 0.999, runs: runs, reason: "passed under every screening condition")
        }
        let evidence = flakes.sorted { $0.id < $1.id }.map {
            Evidence(
                kind: .run, run: $0.id, text: "failed under conditions that passed at another time: \($0.conditions)")
        }
        return Finding(
            verdict: .flaky, evidence: evidence, probability: 0.99, flakeRate: flakeRate, runs: runs,
            reason:
                "passed and failed under the same conditions (\(observations.passes.count) passed, \(observations.failures.count) failed)"
        )
    }

    /// Nothing that was tried passed.
    var broken: Finding {
        let failures = observations.failures
        if failures.allSatisfy({ $0.outcome == .timedOut }) {
            return unknown("every build ran out of time, the control too")
        }
        let chance = observations.chanceOfFlakes(failures)
        return Finding(
            verdict: .broken, probability: max(0, 0.98 * (1 - chance)), runs: runs,
            reason: "failed under all \(observations.tallies.count) conditions tried, the control among them")
    }

    func unknown(_ reason: String) -> Finding {
        Finding(verdict: .unknown, probability: 0, flakeRate: flakeRate, runs: runs, reason: reason)
    }

    func trap(
        _ answer: AxisInquiry.Answer, control: Conditions, dates: DateInquiry.Result?, cpu: CPUInquiry.Result?
    ) -> Finding {
        let axes = (answer.dateTemplate == nil ? [] : [Axis.date]) + answer.others
        guard let first = axes.first else { return unknown("no axis explains the failures") }
        if dates.map({ $0.edges.isEmpty }) ?? false {
            return unknown("builds take longer than the span in which they pass or fail")
        }
        let (cause, evidence) = self.cause(answer, dates, cpu)
        let doubt = (dates?.doubt ?? 0) + (cpu?.doubt ?? 0)
        return Finding(
            verdict: verdict(axes), axis: first, axes: axes, interaction: answer.interaction,
            windows: dates?.edges.windows ?? [], periodic: dates?.periodic?.periodicity, cpu: cpu?.edge, cause: cause,
            evidence: evidence, probability: max(0, min(0.999, 1 - doubt)),
            annotation: annotation(answer, control: control, dates: dates, cpu: cpu), flakeRate: flakeRate, runs: runs,
            reason: reason(axes, answer.interaction))
    }

    private func verdict(_ axes: [Axis]) -> Verdict {
        guard let axis = axes.first, axes.count == 1 else { return .combinedTrap }
        return switch axis {
        case .date: .timeTrap
        case .cpu: .cpuTrap
        case .kernel: .kernelTrap
        case .parallelism: .parallelismTrap
        }
    }

    private func reason(_ axes: [Axis], _ interaction: Finding.Interaction?) -> String {
        let names = axes.map(\.rawValue).joined(separator: " and ")
        return switch interaction {
        case nil: "passes or fails by its \(names) alone"
        case .conjunction: "fails only where \(names) are bad at once"
        case .independent: "\(names) are traps each by itself"
        }
    }
}

extension Conclusion {
    private func cause(
        _ answer: AxisInquiry.Answer, _ dates: DateInquiry.Result?, _ cpu: CPUInquiry.Result?
    ) -> (Cause, [Evidence]) {
        var causes = dates.map(dateCauses) ?? []
        if let cpu { causes.append(processorCause(cpu)) }
        if answer.others == [.kernel] { causes.append(EdgeCause(cause: .kernel, evidence: pair(answer))) }
        if answer.others == [.parallelism] { causes.append(EdgeCause(cause: .parallelism, evidence: pair(answer))) }
        let known = causes.filter { $0.cause != .unknown }
        return (known.first?.cause ?? .unknown, known.flatMap(\.evidence))
    }

    /// Upper edges first: what expires matters more to those who come later.
    private func dateCauses(_ dates: DateInquiry.Result) -> [EdgeCause] {
        if let rule = dates.periodic { return [periodicCause(rule)] }
        let both = zip(dates.edges, dates.causes)
        return both.filter { $0.0.side == .upper }.map(\.1) + both.filter { $0.0.side == .lower }.map(\.1)
    }

    private func periodicCause(_ rule: PeriodicRule) -> EdgeCause {
        let kinds: Set<LogFact.Kind> = rule == .clockChange ? [.hourShift] : [.dayOutOfRange]
        let said = facts(kinds)
        return switch rule {
        // Two leap days that fail between days that pass are evidence enough.
        case .leapDay: EdgeCause(cause: .leapDay, evidence: said.isEmpty ? leapDayRuns : said)
        case .monthEnd, .yearEnd, .weekday, .month, .clockChange, .repeating: EdgeCause(cause: .unknown, evidence: said)
        }
    }

    private var leapDayRuns: [Evidence] {
        observations.failures.filter { PeriodicRule.leapDay.holds($0.conditions.date) }.sorted { $0.id < $1.id }.map {
            Evidence(kind: .run, run: $0.id, instant: $0.began, text: "failed on a 29 February")
        }
    }

    private func processorCause(_ cpu: CPUInquiry.Result) -> EdgeCause {
        let said = { (kind: LogFact.Kind) in
            cpu.failed.flatMap { run in
                run.facts.filter { $0.kind == kind && observations.telling.contains(kind) }.map {
                    EdgeCause.evidence($0, of: run)
                }
            }
        }
        let (illegal, tuned) = (said(.illegalInstruction), said(.nativeTuning))
        if let first = illegal.first { return EdgeCause(cause: .illegalInstruction, evidence: [first]) }
        if let first = tuned.first { return EdgeCause(cause: .cpuTuning, evidence: [first]) }
        return .unknown
    }

    private func facts(_ kinds: Set<LogFact.Kind>) -> [Evidence] {
        observations.failures.flatMap { run in
            run.facts.filter { kinds.contains($0.kind) }.prefix(1).map { EdgeCause.evidence($0, of: run) }
        }
    }

    private func pair(_ answer: AxisInquiry.Answer) -> [Evidence] {
        let bad = answer.otherBad.flatMap { observations[$0].failed.min { $0.id < $1.id } }
        let good = answer.otherGood.flatMap { observations[$0].passed.min { $0.id < $1.id } }
        return [
            bad.map { Evidence(kind: .run, run: $0.id, text: "failed: \($0.conditions)") },
            good.map { Evidence(kind: .run, run: $0.id, text: "passed: \($0.conditions)") },
        ].compactMap(\.self)
    }

    /// Conditions that a build was seen to pass under, away from every edge.
    private func annotation(
        _ answer: AxisInquiry.Answer, control: Conditions, dates: DateInquiry.Result?, cpu: CPUInquiry.Result?
    ) -> Annotation {
        var annotation = Annotation()
        if let template = answer.dateTemplate, answer.interaction != .conjunction {
            annotation.date = safestDate(template, control: control, edges: dates?.edges ?? [])
        }
        if answer.others.contains(.cpu) { annotation.cpu = cpu?.edge.firstGood ?? answer.otherGood?.cpu }
        if answer.others.contains(.kernel) { annotation.kernel = answer.otherGood?.kernel }
        if answer.others.contains(.parallelism) { annotation.cores = answer.otherGood?.cores }
        return annotation
    }

    private func safestDate(_ template: Conditions, control: Conditions, edges: [ProvenEdge]) -> Instant? {
        let passed = observations.passes.filter {
            $0.conditions.taking(.date, from: template) == template || $0.conditions == control
        }
        let margin = { (run: ObservedRun) in
            edges.map { abs(($0.side == .upper ? $0.before : $0.after) - run.began) }.min() ?? .max
        }
        // Of dates well within the window the one nearest to the package's own time, which suits what is built with it.
        let distance = { (run: ObservedRun) in abs(run.conditions.date - subject.reference.date) }
        let safe = passed.filter { margin($0) > 30 * 86_400 }.min { (distance($0), $0.id) < (distance($1), $1.id) }
        return (safe ?? passed.max { (margin($0), $1.began) < (margin($1), $0.began) })?.conditions.date
    }
}
