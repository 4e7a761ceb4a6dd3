// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// A distance counted on the calendar: `3 years`, `1 month`, `10 days`; the count may be negative.
package struct CalendarOffset: Hashable, Sendable {
    package enum Unit: String, CaseIterable, Sendable {
        case day, week, month, year
    }

    package let count: Int
    package let unit: Unit

    package init(count: Int, unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// Moves `instant` by this distance in UTC, keeping the time of day.
    ///
    /// The 31st becomes the last day of a shorter month, 29 February becomes the 28th in a common year.
    package func applied(to instant: Instant) -> Instant {
        let day = instant.date
        let moved =
            switch unit {
            case .day: day.adding(days: count)
            case .week: day.adding(days: 7 * count)
            case .month: CalendarOffset.adding(months: count, to: day)
            case .year: day.adding(years: count)
            }
        return moved.start + Int64(instant.secondOfDay)
    }

    private static func adding(months: Int, to day: CivilDate) -> CivilDate {
        let total = day.year * 12 + day.month - 1 + months
        let (year, month) = (total.flooredDivision(by: 12), total - 12 * total.flooredDivision(by: 12) + 1)
        guard (1...9999).contains(year) else { return CivilDate(firstOf: year) }
        let last = CivilDate.days(inMonth: month, of: year)
        return CivilDate(year: year, month: month, day: min(day.day, last)) ?? CivilDate(firstOf: year)
    }
}

extension CalendarOffset: CustomStringConvertible {
    /// Reads `3 years` and the like without a sign; nil for anything else or more than 10,000 of a unit.
    init?(magnitude text: some StringProtocol) {
        guard let quantity = Quantity(text), quantity.count <= 10_000 else { return nil }
        let name = quantity.unit.hasSuffix("s") ? String(quantity.unit.dropLast()) : quantity.unit
        guard let unit = Unit(rawValue: name) else { return nil }
        self.init(count: Int(quantity.count), unit: unit)
    }

    var negated: CalendarOffset { CalendarOffset(count: -count, unit: unit) }

    /// Without its sign: `3 years`.
    package var description: String {
        "\(count.magnitude) \(unit.rawValue)\(count.magnitude == 1 ? "" : "s")"
    }
}

extension Int {
    /// Division rounding towards negative infinity.
    func flooredDivision(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
