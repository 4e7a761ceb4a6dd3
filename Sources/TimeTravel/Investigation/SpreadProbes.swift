// SPDX-License-Identifier: GPL-3.0-or-later

/// Dates to try before an unexplained edge is trusted: builds that fail now and then may look like one edge.
struct SpreadProbes {
    let timeline: Timeline
    let result: DateInquiry.Result

    /// What no build has covered yet; empty when a log or a file explains every edge.
    var missing: [Instant] {
        guard zip(result.edges, result.causes).contains(where: { $0.1.cause == .unknown }) else { return [] }
        return missingBad + missingGood
    }

    /// A stretch that rests on one date, or on one weekday and month, may be no stretch at all.
    private var missingBad: [Instant] {
        guard let last = timeline.stretches.last, let first = timeline.stretches.first else { return [] }
        var missing: [Instant] = []
        if !last.isGood, isNarrow(last.points), let date = last.points.last?.date {
            missing.append(date + 199 * 86_400 + 30_600)
        }
        if !first.isGood, isNarrow(first.points), let date = first.points.first?.date {
            missing.append(date - 199 * 86_400 - 30_600)
        }
        return missing
    }

    private func isNarrow(_ points: [Timeline.Point]) -> Bool {
        let dates = points.map(\.date)
        guard let first = dates.first, let last = dates.last else { return true }
        let weekdays = Set(dates.map(\.date.weekday)), months = Set(dates.map(\.date.month))
        return last - first < 32 * 86_400 || weekdays.count < 2 || months.count < 2
    }

    /// A leap day, a day after clocks change, a month end: whichever the longest good stretch has room for.
    private var missingGood: [Instant] {
        let stretches = timeline.stretches.filter(\.isGood)
        guard let widest = stretches.max(by: { span($0) < span($1) }),
            let first = widest.points.first?.date, let last = widest.points.last?.date
        else { return [] }
        let tried = timeline.points.map(\.date)
        let special: [[Instant]] = [leapDays(first, last), clockChanges(first, last), monthEnds(first, last)]
        return special.compactMap { dates in
            dates.isEmpty || dates.contains { date in tried.contains { $0.date == date.date } } ? nil : dates.first
        }
    }

    private func span(_ stretch: Timeline.Stretch) -> Int64 {
        guard let first = stretch.points.first?.date, let last = stretch.points.last?.date else { return 0 }
        return last - first
    }

    private func leapDays(_ first: Instant, _ last: Instant) -> [Instant] {
        years(first, last).compactMap { CivilDate(year: $0, month: 2, day: 29).map { $0.start + 43_200 } }
            .filter { $0 > first && $0 < last }
    }

    /// Sunday afternoons on which European clocks have changed.
    private func clockChanges(_ first: Instant, _ last: Instant) -> [Instant] {
        years(first, last).compactMap { year in
            (25...31).compactMap { CivilDate(year: year, month: 3, day: $0) }.first { $0.weekday == 7 }
        }.map { $0.start + 61_200 }.filter { $0 > first && $0 < last }
    }

    private func monthEnds(_ first: Instant, _ last: Instant) -> [Instant] {
        years(first, last).compactMap { CivilDate(year: $0, month: 12, day: 31).map { $0.start + 79_200 } }
            .filter { $0 > first && $0 < last }
    }

    /// The first years of a stretch: enough to hold a leap year.
    private func years(_ first: Instant, _ last: Instant) -> ClosedRange<Int> {
        first.date.year...max(first.date.year, min(last.date.year, first.date.year + 8))
    }
}
