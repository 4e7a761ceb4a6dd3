// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// A minute as a local clock and calendar show it; which instant that is depends on the zone.
package struct LocalMinute: Hashable, Comparable, Sendable {
    /// Minutes from 1970-01-01 00:00 of the local calendar.
    package let count: Int64

    package init(count: Int64) {
        self.count = count
    }

    package init(_ day: CivilDate, hour: Int, minute: Int) {
        self.init(count: Int64(day.daysSinceEpoch) * 1_440 + Int64(hour * 60 + minute))
    }

    /// The minute that a clock `offset` seconds east of Greenwich shows at `instant`.
    package init(at instant: Instant, offset: Int64) {
        let seconds = instant.seconds + offset
        self.init(count: seconds >= 0 ? seconds / 60 : -((59 - seconds) / 60))
    }

    package static func < (left: LocalMinute, right: LocalMinute) -> Bool { left.count < right.count }

    package var day: CivilDate {
        CivilDate(daysSinceEpoch: Int(count >= 0 ? count / 1_440 : -((1_439 - count) / 1_440)))
    }

    package var minuteOfDay: Int { Int(count - Int64(day.daysSinceEpoch) * 1_440) }

    /// When a clock that is always `offset` seconds east of Greenwich begins to show this minute.
    package func instant(offset: Int64) -> Instant { Instant(seconds: count * 60 - offset) }
}
