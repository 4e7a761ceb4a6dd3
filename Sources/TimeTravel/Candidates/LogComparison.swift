// SPDX-License-Identifier: GPL-3.0-or-later

/// What the two sides of a failed comparison have to do with dates: years a century apart, times an hour apart.
struct LogComparison {
    let line: ArraySlice<UInt8>
    let dates: [DateScanner.Found]

    var kinds: [LogFact.Kind] {
        var kinds: [LogFact.Kind] = []
        if hasHourShift { kinds.append(.hourShift) }
        if dates.filter(\.hasTime).count >= 2, speaksGMT { kinds.append(.cookieDates) }
        if hasCentury {
            kinds.append(.twoDigitYear)
        } else if hasYears || text.contains("none != '") {
            kinds.append(.yearMismatch)
        }
        return kinds
    }

    private var text: String { String(decoding: line.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self) }
    private var speaksGMT: Bool { text.contains("gmt") }

    /// The numbers left and right of `!=`, next to it.
    private var compared: (left: Int, right: Int)? {
        guard
            let middle = line.indices.first(where: {
                line[$0] == UInt8(ascii: "!") && line.indices.contains($0 + 1) && line[$0 + 1] == UInt8(ascii: "=")
            })
        else { return nil }
        let left = line[..<middle].split(whereSeparator: { !Digits.isDigit($0) }).last
        let right = line[(middle + 2)...].split(whereSeparator: { !Digits.isDigit($0) }).first
        guard let left, let right, let first = Digits.value(of: left), let second = Digits.value(of: right) else {
            return nil
        }
        return (first, second)
    }

    /// Years 100 apart, or seconds a century apart, give or take leap days.
    private var hasCentury: Bool { compared.map { Century.separates($0.left, $0.right) } ?? false }

    private var hasYears: Bool {
        compared.map { $0.left != $0.right && Century.isYear($0.left) && Century.isYear($0.right) } ?? false
    }

    /// Times of day in the same order on both sides, all equal but for one hour.
    private var hasHourShift: Bool {
        guard
            let middle = line.indices.first(where: {
                line[$0] == UInt8(ascii: "!") && line.indices.contains($0 + 1) && line[$0 + 1] == UInt8(ascii: "=")
            })
        else { return false }
        let (left, right) = (LogComparison.times(line[..<middle]), LogComparison.times(line[middle...]))
        guard !left.isEmpty, left.count == right.count else { return false }
        let shifts = zip(left, right).map { abs($0 - $1) }
        return shifts.allSatisfy { $0 == 0 || $0 == 3_600 } && shifts.contains(3_600)
    }

    private static func times(_ bytes: ArraySlice<UInt8>) -> [Int] {
        let words = bytes.split(whereSeparator: { !Digits.isDigit($0) && $0 != UInt8(ascii: ":") })
        return words.prefix(64).compactMap { word in
            let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard parts.count == 3, parts.allSatisfy({ $0.count == 2 }) else { return nil }
            let numbers = parts.compactMap(Digits.value)
            return numbers.count == 3 ? numbers[0] * 3_600 + numbers[1] * 60 + numbers[2] : nil
        }
    }
}
