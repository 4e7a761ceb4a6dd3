// SPDX-License-Identifier: GPL-3.0-or-later

/// All that was observed, in an order that does not depend on when runs finished.
struct Observations {
    /// The runs of one build, all under the same conditions.
    struct Tally {
        var passed: [ObservedRun] = []
        var failed: [ObservedRun] = []

        /// Passed at least once: sound, as a trapped build does not pass.
        var isGood: Bool { !passed.isEmpty }
        var isBad: Bool { passed.isEmpty && !failed.isEmpty }
    }

    /// By conditions, then number; without infrastructure failures.
    let runs: [ObservedRun]
    let tallies: [Conditions: Tally]
    let flakes: FlakeEstimate
    /// Kinds of facts that only failed runs' logs hold.
    let telling: Set<LogFact.Kind>

    init(_ all: [ObservedRun], history: FlakeHistory) {
        runs = all.filter { $0.outcome != .infrastructure }.sorted {
            ($0.conditions, $0.id) < ($1.conditions, $1.id)
        }
        var tallies: [Conditions: Tally] = [:]
        for run in runs {
            switch run.outcome {
            case .succeeded: tallies[run.conditions, default: Tally()].passed.append(run)
            case .failed, .timedOut: tallies[run.conditions, default: Tally()].failed.append(run)
            case .infrastructure: break
            }
        }
        self.tallies = tallies
        let passed = tallies.values.reduce(history.passed) { $0 + $1.passed.count }
        let failed = tallies.values.reduce(history.failed) { $0 + ($1.isGood ? $1.failed.count : 0) }
        flakes = FlakeEstimate(passed: passed, failed: failed)
        telling = Observations.tellingKinds(tallies)
    }

    private static func tellingKinds(_ tallies: [Conditions: Tally]) -> Set<LogFact.Kind> {
        let kinds = { (runs: [ObservedRun]) in Set(runs.flatMap { $0.facts.map(\.kind) }) }
        let bad = tallies.values.filter(\.isBad).map { kinds($0.failed) }.reduce(into: Set()) { $0.formUnion($1) }
        let good = tallies.values.map { kinds($0.passed) }.reduce(into: Set()) { $0.formUnion($1) }
        return bad.subtracting(good).subtracting([.dates, .namedFile])
    }

    subscript(conditions: Conditions) -> Tally { tallies[conditions] ?? Tally() }

    var passes: [ObservedRun] { runs.filter { $0.outcome == .succeeded } }
    var failures: [ObservedRun] { runs.filter { $0.outcome != .succeeded } }

    /// Conditions under which a build passed, in canonical order.
    var goodConditions: [Conditions] { tallies.filter { $0.value.isGood }.keys.sorted() }

    /// Sound builds that failed all the same.
    var knownFlakes: [ObservedRun] { tallies.values.filter(\.isGood).flatMap(\.failed) }

    /// How often a claimed edge may lie elsewhere.
    var allowedDoubt: Double { suspectsChance ? Tuning.flakyEdgeDoubt : Tuning.edgeDoubt }

    /// Whether some failure looks like chance: a sound build failed, or one between dates that pass.
    private var suspectsChance: Bool {
        let good = goodConditions.map(\.date)
        guard knownFlakes.isEmpty, let first = good.first, let last = good.last else { return !knownFlakes.isEmpty }
        return tallies.contains {
            $0.value.isBad && ($0.key.date > first && $0.key.date < last || good.contains($0.key.date))
        }
    }

    /// Seconds after the asked instant, by the guest's clock, at which a build is expected to have ended.
    func expectedSeconds(_ subject: Subject) -> Int64 {
        runs.map { $0.ended - $0.conditions.date }.max() ?? subject.expectedSeconds
    }

    /// Whether a run's log says something that no log of a passed build says.
    func speaks(_ run: ObservedRun) -> Bool { run.facts.contains { telling.contains($0.kind) } }

    /// How likely failures of these builds would be if all of them were sound.
    ///
    /// A log that speaks of the trap is rarely written by a chance failure, so that such a run counts far less likely; where
    /// logs do speak, one that is silent counts likelier.
    func chanceOfFlakes(_ failures: [ObservedRun]) -> Double {
        guard !telling.isEmpty else { return flakes.chance(ofFailing: failures.count) }
        let speaking = failures.count(where: speaks)
        let factor = (0..<speaking).reduce(speaking < failures.count ? 6.0 : 1.0) { product, _ in product * 0.03 }
        return min(1, flakes.chance(ofFailing: failures.count) * factor)
    }
}
