// SPDX-License-Identifier: GPL-3.0-or-later

/// A moment in whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted, as POSIX clocks do.
///
/// Only the years 0001 to 9999 can be named, so that every instant prints as RFC 3339; arithmetic stops at those ends
/// instead of overflowing, which lets parsers of hostile files compute with whatever they read.
package struct Instant: Hashable, Comparable, Sendable {
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = Swift.min(Swift.max(seconds, Instant.earliestSeconds), Instant.latestSeconds)
    }

    /// The instant of a day and a time of day; nil for hours, minutes or seconds that no clock shows (23:59:60 is refused).
    package init?(_ date: CivilDate, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else { return nil }
        self.init(seconds: Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second))
    }

    package static let epoch = Instant(seconds: 0)
    package static let earliest = Instant(seconds: earliestSeconds)
    package static let latest = Instant(seconds: latestSeconds)

    private static let earliestSeconds: Int64 = -62_135_596_800  // 0001-01-01T00:00:00Z
    private static let latestSeconds: Int64 = 253_402_300_799  // 9999-12-31T23:59:59Z

    package static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
}

extension Instant {
    package static func + (instant: Instant, seconds: Int64) -> Instant {
        let (sum, overflow) = instant.seconds.addingReportingOverflow(seconds)
        return overflow ? (seconds > 0 ? .latest : .earliest) : Instant(seconds: sum)
    }

    package static func - (instant: Instant, seconds: Int64) -> Instant {
        let (difference, overflow) = instant.seconds.subtractingReportingOverflow(seconds)
        return overflow ? (seconds > 0 ? .earliest : .latest) : Instant(seconds: difference)
    }

    /// Later by `duration`, whose fraction of a second is dropped towards zero.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        instant + duration.components.seconds
    }

    package static func - (instant: Instant, duration: Duration) -> Instant {
        instant - duration.components.seconds
    }

    /// Seconds from `right` to `left`.
    package static func - (left: Instant, right: Instant) -> Int64 { left.seconds - right.seconds }

    /// The UTC day this instant falls in.
    package var date: CivilDate { CivilDate(daysSinceEpoch: daysSinceEpoch) }

    /// Days from 1970-01-01 to this instant's day, rounded down.
    package var daysSinceEpoch: Int {
        Int(seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400))
    }

    /// Seconds since 00:00:00 UTC of its day.
    package var secondOfDay: Int { Int(seconds - Int64(daysSinceEpoch) * 86_400) }
}
