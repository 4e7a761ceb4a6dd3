// SPDX-License-Identifier: GPL-3.0-or-later

/// Numbers that mean the same but for a hundred years: what a wrong guess at a two-digit year leaves.
enum Century {
    /// Seconds of a hundred years, of which 24 or 25 are leap years.
    private static let seconds = 3_155_760_000

    static func separates(_ first: Int, _ second: Int) -> Bool {
        let (difference, overflow) = first.subtractingReportingOverflow(second)
        guard !overflow, difference != .min else { return false }
        if abs(difference) == 100, isYear(first), isYear(second) { return true }
        return abs(abs(difference) - seconds) <= 2 * 86_400
    }

    static func isYear(_ number: Int) -> Bool { (1900...2200).contains(number) }

    /// The first numbers of a text; one too long for a number is none.
    static func numbers(in text: ArraySlice<UInt8>) -> [Int] {
        text.split(whereSeparator: { !Digits.isDigit($0) }).prefix(32).compactMap(Digits.value)
    }
}
