// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds dates in text of any kind: ISO 8601, HTTP and mail dates, OpenSSL's and ctime's, 14-digit ASN.1, `datetime(…)`.
///
/// Text is bytes of unknown origin: everything is bounded, and what is not quite a date is passed over.
struct DateScanner {
    struct Found: Equatable {
        var instant: Instant
        var range: Range<Int>
        /// Whether a time of day was given.
        var hasTime: Bool
    }

    private let bytes: ArraySlice<UInt8>

    /// Reads at most the first `limit` dates of `bytes`; ranges are indices of the slice.
    static func dates(in bytes: ArraySlice<UInt8>, limit: Int = 64) -> [Found] {
        var scanner = DateScanner(bytes: bytes, found: [])
        var index = bytes.startIndex
        while index < bytes.endIndex, scanner.found.count < limit {
            index = scanner.step(at: index)
        }
        return scanner.found
    }

    private var found: [Found]

    private init(bytes: ArraySlice<UInt8>, found: [Found]) {
        self.bytes = bytes
        self.found = found
    }

    /// Looks for a date that begins at `index`; where to look next.
    private mutating func step(at index: Int) -> Int {
        let byte = bytes[index]
        let follows = index > bytes.startIndex ? bytes[index - 1] : 0x20
        if Digits.isDigit(byte), !Digits.isDigit(follows) {
            for parse in [digits14, isoDate, dayFirst] {
                if let date = parse(index) { return keep(date) }
            }
            return index + digitRun(index).count
        }
        guard DateScanner.isLetter(byte), !DateScanner.isLetter(follows) else { return index + 1 }
        for parse in [monthFirst, constructor] {
            if let date = parse(index) { return keep(date) }
        }
        return index + 1
    }

    private mutating func keep(_ date: Found) -> Int {
        if (1950...2300).contains(date.instant.date.year) { found.append(date) }
        return date.range.upperBound
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }
}

// The forms. Each takes the index of its first byte and gives nil unless the form is complete.
extension DateScanner {
    /// `20140601000000Z`, seconds and zone being optional in certificates of old.
    private func digits14(_ start: Int) -> Found? {
        let run = digitRun(start)
        guard run.count == 14 else { return nil }
        let end = byte(run.endIndex) == UInt8(ascii: "Z") ? run.endIndex + 1 : run.endIndex
        return date(run[start..<start + 4], run[start + 4..<start + 6], run[start + 6..<start + 8]).flatMap { day in
            time(run[start + 8..<start + 10], run[start + 10..<start + 12], run[start + 12..<start + 14])
                .map { Found(instant: day.start + $0, range: start..<end, hasTime: true) }
        }
    }

    /// `2038-01-19`, `2038/01/19`, with `T03:14:07`, a fraction, and a zone.
    private func isoDate(_ start: Int) -> Found? {
        let year = digitRun(start)
        guard year.count == 4, let separator = byte(year.endIndex),
            [UInt8(ascii: "-"), UInt8(ascii: "/")].contains(separator)
        else { return nil }
        let month = digitRun(year.endIndex + 1)
        guard (1...2).contains(month.count), byte(month.endIndex) == separator else { return nil }
        let day = digitRun(month.endIndex + 1)
        guard (1...2).contains(day.count), let date = date(year, month, day) else { return nil }
        let hasSeparator = [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(byte(day.endIndex) ?? 0)
        guard hasSeparator, let clock = clock(day.endIndex + 1) else {
            return Found(instant: date.start, range: start..<day.endIndex, hasTime: false)
        }
        let zone = zone(clock.end)
        return Found(instant: date.start + clock.seconds - zone.offset, range: start..<zone.end, hasTime: true)
    }

    /// `01 Jan 2038 04:05:08 GMT`, `01-Jan-2038`.
    private func dayFirst(_ start: Int) -> Found? {
        let day = digitRun(start)
        guard (1...2).contains(day.count), isGap(day.endIndex), let month = monthName(day.endIndex + 1) else {
            return nil
        }
        guard isGap(month.end) else { return nil }
        let year = digitRun(month.end + 1)
        guard year.count == 4, let date = date(year, month.number, day) else { return nil }
        return withClock(date, start: start, end: year.endIndex)
    }

    /// `Oct 28 14:23:16 2037 GMT`, `Jan 19, 2038`.
    private func monthFirst(_ start: Int) -> Found? {
        guard let month = monthName(start), let first = skipSpaces(month.end) else { return nil }
        let day = digitRun(first)
        guard (1...2).contains(day.count) else { return nil }
        let afterDay = byte(day.endIndex) == UInt8(ascii: ",") ? day.endIndex + 1 : day.endIndex
        guard let next = skipSpaces(afterDay) else { return nil }
        if let clock = clock(next), let last = skipSpaces(clock.end) {
            let year = digitRun(last)
            guard year.count == 4, let date = date(year, month.number, day) else { return nil }
            return Found(instant: date.start + clock.seconds, range: start..<year.endIndex, hasTime: true)
        }
        let year = digitRun(next)
        guard year.count == 4, let date = date(year, month.number, day) else { return nil }
        return withClock(date, start: start, end: year.endIndex)
    }

    /// `datetime(2038, 1, 1, 4, 5, 6)`, `date(2019, 8, 5)`, `Date(2038, …`: numbers in brackets after a word ending in `date…`.
    private func constructor(_ start: Int) -> Found? {
        var end = start
        while let next = byte(end), DateScanner.isLetter(next), end - start < 16 { end += 1 }
        guard byte(end) == UInt8(ascii: "("), end > start else { return nil }
        let word = String(decoding: bytes[start..<end].map { $0 | 0x20 }, as: UTF8.self)
        guard ["date", "datetime", "mktime", "timegm"].contains(word) else { return nil }
        var numbers: [Int] = []
        var position = end + 1
        while byte(position) == UInt8(ascii: "(") { position += 1 }
        while numbers.count < 6 {
            guard let first = skipSpaces(position, atLeast: 0), let value = Digits.value(of: digitRun(first)) else {
                break
            }
            numbers.append(value)
            position = first + digitRun(first).count
            guard byte(position) == UInt8(ascii: ",") else { break }
            position += 1
        }
        guard numbers.count >= 3, let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]) else {
            return nil
        }
        let clock = numbers.dropFirst(3) + Array(repeating: 0, count: 6 - numbers.count)
        let parts = Array(clock)
        guard let instant = Instant(date, hour: parts[0], minute: parts[1], second: parts[2]) else { return nil }
        return Found(instant: instant, range: start..<position, hasTime: numbers.count > 3)
    }
}

// The pieces.
extension DateScanner {
    private func byte(_ index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    private func digitRun(_ start: Int) -> ArraySlice<UInt8> {
        guard bytes.indices.contains(start) else { return bytes[bytes.endIndex..<bytes.endIndex] }
        var end = start
        while end < bytes.endIndex, Digits.isDigit(bytes[end]) { end += 1 }
        return bytes[start..<end]
    }

    private func isGap(_ index: Int) -> Bool {
        byte(index).map { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") } ?? false
    }

    private func skipSpaces(_ start: Int, atLeast: Int = 1) -> Int? {
        var index = start
        while byte(index) == UInt8(ascii: " "), index - start < 4 { index += 1 }
        return index - start >= atLeast && index < bytes.endIndex ? index : nil
    }

    private func date(_ year: ArraySlice<UInt8>, _ month: ArraySlice<UInt8>, _ day: ArraySlice<UInt8>) -> CivilDate? {
        Digits.value(of: month).flatMap { date(year, $0, day) }
    }

    private func date(_ year: ArraySlice<UInt8>, _ month: Int, _ day: ArraySlice<UInt8>) -> CivilDate? {
        guard let year = Digits.value(of: year), let day = Digits.value(of: day) else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    private func time(_ hour: ArraySlice<UInt8>, _ minute: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Int64? {
        guard let hour = Digits.value(of: hour), let minute = Digits.value(of: minute),
            let second = Digits.value(of: second),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return Int64(hour * 3_600 + minute * 60 + min(second, 59))
    }

    /// `03:14` or `03:14:07`, a fraction being dropped.
    private func clock(_ start: Int) -> (seconds: Int64, end: Int)? {
        let hour = digitRun(start)
        guard (1...2).contains(hour.count), byte(hour.endIndex) == UInt8(ascii: ":") else { return nil }
        let minute = digitRun(hour.endIndex + 1)
        guard minute.count == 2 else { return nil }
        guard byte(minute.endIndex) == UInt8(ascii: ":") else {
            return time(hour, minute, [UInt8(ascii: "0")]).map { ($0, minute.endIndex) }
        }
        let second = digitRun(minute.endIndex + 1)
        guard second.count == 2, let seconds = time(hour, minute, second) else { return nil }
        var end = second.endIndex
        if byte(end) == UInt8(ascii: ".") { end = max(end, digitRun(end + 1).endIndex) }
        return (seconds, min(end, bytes.endIndex))
    }

    /// `Z`, ` GMT`, ` UTC`, `+01:00`: seconds east; no zone is taken for UTC.
    private func zone(_ start: Int) -> (offset: Int64, end: Int) {
        guard let first = byte(start) else { return (0, start) }
        if first | 0x20 == UInt8(ascii: "z") { return (0, start + 1) }
        guard first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else { return (0, start) }
        let hour = digitRun(start + 1)
        guard hour.count == 2, byte(hour.endIndex) == UInt8(ascii: ":") else { return (0, start) }
        let minute = digitRun(hour.endIndex + 1)
        guard minute.count == 2, let seconds = time(hour, minute, [UInt8(ascii: "0")]) else { return (0, start) }
        return (first == UInt8(ascii: "+") ? seconds : -seconds, minute.endIndex)
    }

    private func withClock(_ date: CivilDate, start: Int, end: Int) -> Found {
        guard let first = skipSpaces(end), let clock = clock(first) else {
            return Found(instant: date.start, range: start..<end, hasTime: false)
        }
        return Found(instant: date.start + clock.seconds, range: start..<clock.end, hasTime: true)
    }

    private func monthName(_ start: Int) -> (number: Int, end: Int)? {
        guard bytes.indices.contains(start), bytes.indices.contains(start + 2) else { return nil }
        let name = String(decoding: bytes[start...start + 2].map { $0 | 0x20 }, as: UTF8.self)
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        guard let index = names.firstIndex(of: name) else { return nil }
        var end = start + 3
        while let next = byte(end), DateScanner.isLetter(next), end - start < 9 { end += 1 }
        return (index + 1, end)
    }
}
