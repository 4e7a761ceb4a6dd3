// SPDX-License-Identifier: GPL-3.0-or-later

/// Looks for any conditions under which a build passes, after its control has failed.
struct PassingSearch {
    let subject: Subject
    let candidates: Set<Candidate>
    let observations: Observations

    /// The most conditions that are tried before a build is called broken.
    private static let most = 10
    /// The fewest failed builds that a build is called broken on.
    private static let fewest = 6

    /// Conditions worth trying, likeliest first, the control first of all.
    var places: [Conditions] {
        var places = [subject.reference]
        let best = subject.cpuModels.max() ?? subject.reference.cpu
        let suspectsCPU = !observations.telling.isDisjoint(with: [.illegalInstruction, .nativeTuning])
        if suspectsCPU { places.append(with { $0.cpu = best }) }
        let dates = subject.releases + validityMiddles.prefix(3) + fileTimes.prefix(1)
        places += dates.map { date in with { $0.date = date } }
        places.append(with { $0.cpu = best })
        places.append(with { $0.date = CivilDate(firstOf: 2020).start })
        if subject.reference.cores > 1 { places.append(with { $0.cores = 1 }) }
        places += subject.kernels.filter { $0 != subject.reference.kernel }.prefix(2).map { kernel in
            with { $0.kernel = kernel }
        }
        places += loggedDates.prefix(2).map { date in with { $0.date = date } }
        let distinct = places.reduce(into: [Conditions]()) { if !$0.contains($1) { $0.append($1) } }
        return Array(distinct.prefix(Self.most))
    }

    /// What to build next; nothing when every place has failed, the control twice.
    func missing(free: Int) -> [Conditions] {
        let control = subject.reference
        if observations[control].failed.isEmpty { return [control] }
        let untried = places.filter { observations[$0].failed.isEmpty }
        if !untried.isEmpty { return untried.prefixed(free) }
        // Nothing passed: the control again, until chance is no explanation any more.
        let failures = observations.failures.count
        let isEnough = failures >= Self.fewest && observations[control].failed.count >= 2
        return isEnough ? [] : Array(repeating: control, count: min(max(free, 1), max(1, Self.fewest - failures)))
    }

    private func with(_ change: (inout Conditions) -> Void) -> Conditions {
        var conditions = subject.reference
        change(&conditions)
        return conditions
    }

    /// Middles of validities that logs print or certificates hold, where a log speaks of such a thing.
    private var validityMiddles: [Instant] {
        let facts = observations.failures.flatMap(\.facts)
        var middles: [Instant] = []
        for fact in facts where fact.kind == .validityDates && fact.instants.count == 2 {
            if let low = fact.instants.min(), let high = fact.instants.max() { middles.append(low + (high - low) / 2) }
        }
        let speaks: Set<LogFact.Kind> = [.certificateExpired, .certificateNotYetValid, .keyExpired, .signatureExpired]
        if !observations.telling.isDisjoint(with: speaks) {
            let lowers = candidates.filter { $0.kind == .certificateNotBefore }
            for lower in lowers.sorted(by: { ($1.weight, $0.instant) < ($0.weight, $1.instant) }).prefix(20) {
                let upper = candidates.first {
                    $0.kind == .certificateNotAfter && $0.origin.path == lower.origin.path
                        && $0.origin.offset == lower.origin.offset && $0.instant > lower.instant
                }
                if let upper { middles.append(lower.instant + (upper.instant - lower.instant) / 2) }
            }
        }
        return middles.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// When the package's own files were written, newest first: it was built then.
    private var fileTimes: [Instant] { candidates.filter { $0.kind == .fileTime }.map(\.instant).sorted(by: >) }

    private var loggedDates: [Instant] { candidates.filter { $0.kind == .logDate }.map(\.instant).sorted() }
}
