// SPDX-License-Identifier: GPL-3.0-or-later

/// One of the five fields of a cron expression: the set of values at which it matches.
struct CronField: Hashable, Sendable {
    /// Bit n is set where value n matches.
    private(set) var bits: UInt64
    /// Written with `*` first, as cron distinguishes it for days and for daylight saving.
    let isWildcard: Bool

    func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

    /// The least matching value that is at least `value`.
    func next(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let above = bits & (UInt64.max << UInt64(value))
        return above == 0 ? nil : above.trailingZeroBitCount
    }
}

extension CronField {
    enum Kind: String, CaseIterable {
        case minute
        case hour
        case dayOfMonth = "day of the month"
        case month
        case dayOfWeek = "day of the week"

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .dayOfMonth: 1...31
            case .month: 1...12
            case .dayOfWeek: 0...7
            }
        }

        var article: String { self == .hour ? "an" : "a" }

        /// In the order of their values, the first being the least of `range`.
        var names: [String] {
            switch self {
            case .minute, .hour, .dayOfMonth: []
            case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            }
        }
    }

    /// Reads a list of `*`, values and ranges, with steps after `*` or a range.
    init(_ text: some StringProtocol, kind: Kind) throws(Expectation) {
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            bits |= try CronField.bits(ofPart: part, kind: kind)
        }
        if kind == .dayOfWeek, bits & (1 << 7) != 0 { bits = (bits | 1) & 0x7f }
        self.init(bits: bits, isWildcard: text.hasPrefix("*"))
    }

    private static func bits(ofPart part: some StringProtocol, kind: Kind) throws(Expectation) -> UInt64 {
        let halves = part.split(separator: "/", omittingEmptySubsequences: false)
        guard let body = halves.first, halves.count <= 2 else { throw expectation(kind) }
        let range: ClosedRange<Int>
        var isSeveral = true
        if body == "*" {
            range = kind == .dayOfWeek ? 0...6 : kind.range
        } else {
            let ends = body.split(separator: "-", omittingEmptySubsequences: false)
            guard let low = ends.first, ends.count <= 2 else { throw expectation(kind) }
            let first = try value(of: low, kind: kind)
            var last = ends.count == 2 ? try value(of: ends[1], kind: kind) : first
            // fri-sun: a Sunday that ends a range is the seventh day.
            if kind == .dayOfWeek, ends.count == 2, last == 0, first > 0 { last = 7 }
            guard first <= last else {
                throw Expectation("\(kind.article) \(kind.rawValue) range whose first value is not above its last")
            }
            range = first...last
            isSeveral = ends.count == 2
        }
        return try bits(of: range, step: halves.count == 2 ? halves[1] : nil, isSeveral: isSeveral, kind: kind)
    }

    private static func bits(
        of range: ClosedRange<Int>, step: (some StringProtocol)?, isSeveral: Bool, kind: Kind
    ) throws(Expectation) -> UInt64 {
        var distance = 1
        if let step {
            guard isSeveral, let read = number(step), (1...kind.range.upperBound).contains(read) else {
                throw Expectation(
                    "a step from 1 to \(kind.range.upperBound) after '*' or a range in the \(kind.rawValue), such as '*/2'"
                )
            }
            distance = read
        }
        return stride(from: range.lowerBound, through: range.upperBound, by: distance)
            .reduce(0) { $0 | (1 << UInt64($1)) }
    }

    private static func value(of text: some StringProtocol, kind: Kind) throws(Expectation) -> Int {
        if let index = kind.names.firstIndex(of: text.lowercased()) { return kind.range.lowerBound + index }
        guard let value = number(text), kind.range.contains(value) else { throw expectation(kind) }
        return value
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        (1...2).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
    }

    private static func expectation(_ kind: Kind) -> Expectation {
        let names = kind.names.isEmpty ? "" : " or a name such as '\(kind.names[1])'"
        return Expectation(
            "\(kind.article) \(kind.rawValue) from \(kind.range.lowerBound) to \(kind.range.upperBound)\(names), a list, a range or '*'"
        )
    }
}
