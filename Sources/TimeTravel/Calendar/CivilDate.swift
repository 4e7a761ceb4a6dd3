// SPDX-License-Identifier: GPL-3.0-or-later

/// A day of the proleptic Gregorian calendar, without a time zone.
///
/// Arithmetic follows the day-number method of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms";
/// it is exact for every year an `Instant` can name (0001 to 9999).
package struct CivilDate: Hashable, Comparable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Nil unless the day exists: `2100-02-29` does not.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            day >= 1, day <= CivilDate.days(inMonth: month, of: year)
        else { return nil }
        self.init(uncheckedYear: year, month: month, day: day)
    }

    private init(uncheckedYear year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that is `days` days after 1970-01-01, kept within the years 0001 to 9999.
    package init(daysSinceEpoch days: Int) {
        let shifted = min(max(days, CivilDate.firstDay), CivilDate.lastDay) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            uncheckedYear: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
            month: month, day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// 1 January of `year`, which is kept within 1 to 9999.
    package init(firstOf year: Int) {
        self.init(uncheckedYear: min(max(year, 1), 9999), month: 1, day: 1)
    }

    /// Days from 1970-01-01 to this day, negative before it.
    package var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    private static let firstDay = -719_162  // 0001-01-01
    private static let lastDay = 2_932_896  // 9999-12-31
}

extension CivilDate {
    package static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Days of a month 1 to 12.
    package static func days(inMonth month: Int, of year: Int) -> Int {
        month == 2 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// 1 for Monday to 7 for Sunday, as ISO 8601 counts.
    package var weekday: Int {
        let remainder = (daysSinceEpoch + 3) % 7
        return (remainder < 0 ? remainder + 7 : remainder) + 1
    }

    /// 1 for 1 January.
    package var dayOfYear: Int {
        daysSinceEpoch - CivilDate(firstOf: year).daysSinceEpoch + 1
    }

    package func adding(days: Int) -> CivilDate {
        CivilDate(daysSinceEpoch: daysSinceEpoch + days)
    }

    /// The same month and day `years` later; 29 February becomes 28 February where the year has none.
    package func adding(years: Int) -> CivilDate {
        let target = min(max(year + years, 1), 9999)
        return CivilDate(
            uncheckedYear: target, month: month, day: min(day, CivilDate.days(inMonth: month, of: target)))
    }

    /// 00:00:00 UTC of this day.
    package var start: Instant { Instant(seconds: Int64(daysSinceEpoch) * 86_400) }
}

extension CivilDate: CustomStringConvertible {
    /// `YYYY-MM-DD`.
    package var description: String {
        "\(Digits.padded(year, to: 4))-\(Digits.padded(month, to: 2))-\(Digits.padded(day, to: 2))"
    }

    /// Reads `YYYY-MM-DD`, and nothing else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Digits.value(of: bytes[0..<4]), let month = Digits.value(of: bytes[5..<7]),
            let day = Digits.value(of: bytes[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }
}
