// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

@testable import Jobsets

/// Expressions of every shape, as a seeded generator draws them; a few never happen and are refused.
enum RandomCron {
    static func expression(using generator: inout some RandomNumberGenerator) -> String {
        CronField.Kind.allCases.map { field($0.range, using: &generator) }.joined(separator: " ")
    }

    private static func field(_ range: ClosedRange<Int>, using generator: inout some RandomNumberGenerator) -> String {
        let (first, second) = (Int.random(in: range, using: &generator), Int.random(in: range, using: &generator))
        let (low, high) = (min(first, second), max(first, second))
        switch Int.random(in: 0...6, using: &generator) {
        case 0, 1: return "*"
        case 2: return "*/\(Int.random(in: 2...range.upperBound, using: &generator))"
        case 3: return "\(first)"
        case 4: return "\(low),\(high)"
        case 5: return "\(low)-\(high)"
        default: return "\(low)-\(high)/\(Int.random(in: 1...range.upperBound, using: &generator))"
        }
    }
}

extension LocalMinute {
    struct Unreadable: Error {}

    /// Reads `2026-03-10 01:59`.
    init(reading text: String) throws {
        let halves = text.split(separator: " ")
        let time = halves[1].split(separator: ":").compactMap { Int($0) }
        guard let day = CivilDate(halves[0]), time.count == 2 else { throw Unreadable() }
        self.init(day, hour: time[0], minute: time[1])
    }
}
