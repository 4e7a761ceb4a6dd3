// SPDX-License-Identifier: GPL-3.0-or-later

/// A rule by which failures come back.
enum PeriodicRule: Hashable {
    case leapDay
    case monthEnd
    case yearEnd
    /// 1 for Monday to 7 for Sunday.
    case weekday(Int)
    case month(Int)
    /// The days after clocks change in the United States or the European Union.
    case clockChange
    /// More sign changes than are taken apart, without a rule that fits.
    case repeating

    /// Whether a build started then is expected to fail.
    func holds(_ instant: Instant) -> Bool {
        let day = instant.date
        switch self {
        case .leapDay: return day.month == 2 && day.day == 29
        case .monthEnd: return day.day >= 29
        case .yearEnd: return (day.month == 12 && day.day == 31) || (day.month == 1 && day.day == 1)
        case .weekday(let number): return day.weekday == number
        case .month(let number): return day.month == number
        case .clockChange: return (0...3).contains { ClockChange.isChange(day.adding(days: -$0)) }
        case .repeating: return false
        }
    }

    /// Whether builds that pass although the rule holds speak against it.
    ///
    /// Not every month end is bad for a program that steps back a month, and only one zone's clock changes are.
    var isStrict: Bool {
        switch self {
        case .leapDay, .yearEnd, .weekday, .month: true
        case .monthEnd, .clockChange, .repeating: false
        }
    }

    var periodicity: Periodicity {
        let names = ["", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"]
        return switch self {
        case .leapDay: Periodicity(rule: "leap-day", description: "fails on 29 February of leap years")
        case .monthEnd: Periodicity(rule: "month-end", description: "fails at the end of months, from the 29th on")
        case .yearEnd: Periodicity(rule: "year-end", description: "fails around the turn of the year")
        case .weekday(let number): Periodicity(rule: "weekday:\(number)", description: "fails on \(names[number])")
        case .month(let number):
            Periodicity(rule: "month:\(number)", description: "fails in month \(number) of each year")
        case .clockChange:
            Periodicity(rule: "dst", description: "fails in the days after clocks change to or from summer time")
        case .repeating:
            Periodicity(rule: "repeating", description: "fails again and again, by no rule that was recognised")
        }
    }

    /// Dates at which a build must fail, and dates at which it must pass, if `bad` failed by this rule.
    func tests(around bad: Instant) -> (bad: [Instant], good: [Instant]) {
        let day = bad.date
        let noon: (CivilDate) -> Instant = { $0.start + 43_200 }
        switch self {
        case .leapDay:
            let others = [-8, 8, -4, 4].compactMap { CivilDate(year: day.year + $0, month: 2, day: 29) }
            return (others.prefix(1).map(noon), [noon(day.adding(days: -1)), noon(day.adding(days: 1))])
        case .monthEnd:
            let other = CivilDate(year: day.year - 1, month: day.month == 3 ? 5 : 3, day: 31)
            return (other.map { [noon($0)] } ?? [], [noon(day.adding(days: -14)), noon(day.adding(days: 14))])
        case .yearEnd:
            return ([noon(day.adding(years: -2))], [noon(day.adding(days: -30)), noon(day.adding(days: 30))])
        case .weekday:
            return (
                [noon(day.adding(days: -7 * 15)), noon(day.adding(days: 7 * 8))],
                [noon(day.adding(days: -3)), noon(day.adding(days: 3))]
            )
        case .month:
            return ([noon(day.adding(years: -2))], [noon(day.adding(days: -45)), noon(day.adding(days: 45))])
        case .clockChange:
            return (
                ClockChange.sameKind(as: day, yearsBack: 2).map { [$0.start + 57_600] } ?? [],
                [noon(day.adding(days: -10)), noon(day.adding(days: 10))]
            )
        case .repeating:
            return ([], [])
        }
    }
}

/// The days on which clocks change in the United States (since 2007) and the European Union (since 1996).
enum ClockChange {
    static func isChange(_ day: CivilDate) -> Bool {
        guard day.weekday == 7 else { return false }
        let days: [Int: [ClosedRange<Int>]] = [3: [8...14, 25...31], 10: [25...31], 11: [1...7]]
        return days[day.month]?.contains { $0.contains(day.day) } ?? false
    }

    /// The change nearest before `day`, `yearsBack` years earlier.
    static func sameKind(as day: CivilDate, yearsBack: Int) -> CivilDate? {
        guard let change = (0...3).map({ day.adding(days: -$0) }).first(where: isChange) else { return nil }
        let around = change.adding(years: -yearsBack)
        return (-4...4).map { around.adding(days: $0) }.first(where: isChange)
    }
}
