// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds the two neighbouring processors between which a build starts to work.
struct CPUInquiry {
    let subject: Subject
    /// Two builds that differ in the processor alone.
    let bad: Conditions
    let good: Conditions
    let observations: Observations

    struct Result {
        var edge: CPUEdge
        var failed: [ObservedRun]
        var doubt: Double
    }

    func progress(free: Int) -> Progress<Result, Conditions> {
        let models = ordered
        // From the bad end: the last model known bad, then the first known good one after it.
        guard let firstGood = models.firstIndex(where: { tally($0).isGood }) else { return .need([good]) }
        let lastBad = models[..<firstGood].lastIndex { isBad($0) } ?? 0
        let open = Array(models[(lastBad + 1)..<max(firstGood, lastBad + 1)])
        if !open.isEmpty { return .need(sections(open, free).map(conditions)) }
        let failed = models[...lastBad].reversed().flatMap { tally($0).failed }
        let doubt = observations.chanceOfFlakes(tally(models[lastBad]).failed)
        if doubt > Tuning.rareDoubt { return .need([conditions(models[lastBad])]) }
        return .settled(
            Result(edge: CPUEdge(lastBad: models[lastBad], firstGood: models[firstGood]), failed: failed, doubt: doubt))
    }

    /// The models from the bad one to the good one.
    private var ordered: [CPUModel] {
        let (low, high) = (min(bad.cpu, good.cpu), max(bad.cpu, good.cpu))
        let all = Set(subject.cpuModels).union([bad.cpu, good.cpu]).filter { $0 >= low && $0 <= high }.sorted()
        return bad.cpu < good.cpu ? all : all.reversed()
    }

    private func sections(_ open: [CPUModel], _ free: Int) -> [CPUModel] {
        let parts = min(max(free, 1), open.count)
        let chosen = (1...parts).map { open[min(open.count * $0 / (parts + 1), open.count - 1)] }
        return chosen.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private func conditions(_ model: CPUModel) -> Conditions {
        var conditions = bad
        conditions.cpu = model
        return conditions
    }

    private func tally(_ model: CPUModel) -> Observations.Tally { observations[conditions(model)] }

    private func isBad(_ model: CPUModel) -> Bool {
        tally(model).isBad && observations.chanceOfFlakes(tally(model).failed) < Tuning.stepDoubt
    }
}
