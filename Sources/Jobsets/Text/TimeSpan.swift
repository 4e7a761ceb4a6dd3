// SPDX-License-Identifier: GPL-3.0-or-later

/// A length of time in whole seconds, written `90 s`, `30 min`, `4 hours`, `10 days` or `2 weeks`.
package struct TimeSpan: TextForm, Comparable {
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = max(0, seconds)
    }

    package var duration: Duration { .seconds(seconds) }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }
}

extension TimeSpan {
    /// A century: longer than any build, log or evaluation is kept by a number.
    package static let longest = TimeSpan(seconds: 36_525 * 86_400)

    package init(text: String) throws(Expectation) {
        guard let quantity = Quantity(text), let unit = Unit(name: quantity.unit),
            quantity.count <= TimeSpan.longest.seconds / unit.seconds
        else { throw Expectation("a length of time such as '90 s', '30 min', '4 hours', '10 days' or '2 weeks'") }
        self.init(seconds: quantity.count * unit.seconds)
    }

    /// With the largest unit that leaves no rest.
    package var description: String {
        let unit = Unit.allCases.first(where: { seconds > 0 && seconds % $0.seconds == 0 }) ?? .second
        let count = seconds / unit.seconds
        return "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")"
    }

    private enum Unit: String, CaseIterable {
        case week, day, hour, minute, second

        init?(name: String) {
            switch name {
            case "s", "sec", "second", "seconds": self = .second
            case "min", "minute", "minutes": self = .minute
            case "h", "hour", "hours": self = .hour
            case "d", "day", "days": self = .day
            case "w", "week", "weeks": self = .week
            default: return nil
            }
        }

        var seconds: Int64 {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3_600
            case .day: 86_400
            case .week: 604_800
            }
        }
    }
}
