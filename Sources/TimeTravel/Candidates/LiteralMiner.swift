// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds dates, years and epoch seconds that program and test texts spell out.
enum LiteralMiner {
    struct Literal: Hashable {
        enum Kind { case date, year, epoch }

        var kind: Kind
        var instant: Instant
        var offset: Int
        var length: Int
        /// A date without a time of day: what holds until then holds to the day's end.
        var isWholeDay = false
    }

    private static let mostDates = 2_000

    /// Dates in order, each year once, and numbers that are seconds of the years 2001 to 2106.
    static func literals(in text: ArraySlice<UInt8>) -> [Literal] {
        let dates = DateScanner.dates(in: text, limit: mostDates)
        var found = dates.map {
            Literal(
                kind: .date, instant: $0.instant, offset: $0.range.lowerBound - text.startIndex, length: $0.range.count,
                isWholeDay: !$0.hasTime)
        }
        var years: Set<Int> = Set(dates.map { $0.instant.date.year })
        found += years.sorted().map {
            Literal(kind: .year, instant: CivilDate(firstOf: $0).start, offset: 0, length: 0)
        }
        var epochs = 0
        var index = text.startIndex
        while index < text.endIndex {
            guard Digits.isDigit(text[index]) else {
                index += 1
                continue
            }
            let end = text[index...].firstIndex { !Digits.isDigit($0) } ?? text.endIndex
            let length = end - index
            if length == 4, let year = Digits.value(of: text[index..<end]), (1970...2200).contains(year),
                years.insert(year).inserted
            {
                found.append(
                    Literal(
                        kind: .year, instant: CivilDate(firstOf: year).start, offset: index - text.startIndex, length: 4
                    ))
            } else if length == 10, epochs < 50, let value = Digits.value(of: text[index..<end]),
                (1_000_000_000...4_294_967_296).contains(value)
            {
                epochs += 1
                found.append(
                    Literal(
                        kind: .epoch, instant: Instant(seconds: Int64(value)), offset: index - text.startIndex,
                        length: 10))
            }
            index = end
        }
        return found
    }
}
