// SPDX-License-Identifier: GPL-3.0-or-later

/// Asks whether the failures on the date axis come back by a rule, before any edge is looked for.
struct PeriodicInquiry {
    let timeline: Timeline
    let observations: Observations

    /// The rule that all builds agree with and that was seen to hold, nil if there is none; or dates to try.
    var progress: Progress<PeriodicRule?, Instant> {
        for rule in rules {
            guard let bad = badDates.first(where: rule.holds), isConsistent(rule) else { continue }
            let missing = missingTests(of: rule, around: bad)
            if !missing.isEmpty { return .need(missing) }
            // What failed once has not come back: no rule is claimed on a single period.
            if failedPeriods.count > 1 { return .settled(rule) }
        }
        return .settled(nil)
    }

    private var badDates: [Instant] { timeline.badPoints.map(\.date) }

    /// The rules worth trying, likeliest first.
    private var rules: [PeriodicRule] {
        var rules: [PeriodicRule] = []
        let speaksOfDays = observations.telling.contains(.dayOutOfRange)
        if speaksOfDays || badDates.contains(where: PeriodicRule.leapDay.holds) { rules.append(.leapDay) }
        if speaksOfDays { rules.append(.monthEnd) }
        if observations.telling.contains(.hourShift) { rules.append(.clockChange) }
        guard timeline.hasIsland else { return rules }
        rules += [.yearEnd, .monthEnd].filter { !rules.contains($0) }
        for date in badDates.prefix(1) { rules += [.weekday(date.date.weekday), .month(date.date.month)] }
        if !rules.contains(.clockChange) { rules.append(.clockChange) }
        return rules
    }

    private func isConsistent(_ rule: PeriodicRule) -> Bool {
        guard badDates.allSatisfy(rule.holds) else { return false }
        return !rule.isStrict || !timeline.goodPoints.contains { rule.holds($0.date) }
    }

    /// Dates the rule has something to say about that no build has tried: first those that could end it soonest.
    private func missingTests(of rule: PeriodicRule, around bad: Instant) -> [Instant] {
        let tests = rule.tests(around: bad)
        var missing: [Instant] = []
        // A single good day beside a bad one, before and after, and a failure in another period.
        let isGoodBefore = timeline.goodPoints.contains {
            !rule.holds($0.date) && $0.date < bad && bad - $0.date < 60 * 86_400
        }
        let isGoodAfter = timeline.goodPoints.contains {
            !rule.holds($0.date) && $0.date > bad && $0.date - bad < 60 * 86_400
        }
        if !isGoodAfter, let date = tests.good.last { missing.append(date) }
        if !isGoodBefore, let date = tests.good.first { missing.append(date) }
        if failedPeriods.count < 2 { missing += tests.bad.filter { !isTried($0) }.prefix(1) }
        return missing.filter { !isTried($0) }
    }

    /// One failure of each period: those a few days apart are the same one.
    private var failedPeriods: [Instant] {
        badDates.reduce(into: []) { found, date in
            if found.allSatisfy({ abs($0 - date) > 5 * 86_400 }) { found.append(date) }
        }
    }

    private func isTried(_ date: Instant) -> Bool { timeline.points.contains { $0.date == date && !$0.isBorrowed } }
}
