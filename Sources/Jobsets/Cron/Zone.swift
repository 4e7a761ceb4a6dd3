// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import TimeTravel

/// A time zone of the IANA database, such as `Europe/Berlin`.
///
/// The rules are those Foundation carries; a test compares them with the dates on which zones really changed.
package struct Zone: TextForm {
    package let identifier: String
    private let zone: TimeZone

    package static let utc: Zone = {
        Zone(identifier: "UTC", zone: .gmt)
    }()

    private init(identifier: String, zone: TimeZone) {
        self.identifier = identifier
        self.zone = zone
    }

    package init(text: String) throws(Expectation) {
        guard text != "UTC" else {
            self = .utc
            return
        }
        // Foundation also takes "GMT+3" and abbreviations, whose meaning changes with the season.
        guard text.contains("/"), TimeZone.knownTimeZoneIdentifiers.contains(text),
            let zone = TimeZone(identifier: text)
        else {
            let near = nearest(to: text, among: TimeZone.knownTimeZoneIdentifiers)
            throw Expectation(
                "an IANA time zone such as 'Europe/Berlin' or 'UTC'\(near.map { " (did you mean '\($0)'?)" } ?? "")")
        }
        self.init(identifier: text, zone: zone)
    }

    package var description: String { identifier }

    package static func == (left: Zone, right: Zone) -> Bool { left.identifier == right.identifier }
    package func hash(into hasher: inout Hasher) { hasher.combine(identifier) }

    /// Seconds east of Greenwich that clocks of the zone are set to at `instant`.
    package func offset(at instant: Instant) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(instant.seconds))))
    }

    package func localMinute(at instant: Instant) -> LocalMinute {
        LocalMinute(at: instant, offset: offset(at: instant))
    }
}

extension Zone {
    /// When the zone's clocks begin to show `minute` for the first time, or, where they skip it, when they skip it.
    package func firstInstant(of minute: LocalMinute) -> Instant {
        let (early, late) = (minute.instant(offset: 14 * 3_600 + 1), minute.instant(offset: -(12 * 3_600 + 1)))
        let (before, after) = (offset(at: early), offset(at: late))
        for candidate in before >= after ? [before, after] : [after, before] {
            let instant = minute.instant(offset: candidate)
            if offset(at: instant) == candidate { return instant }
        }
        return firstChange(after: early, through: late) ?? minute.instant(offset: before)
    }

    /// The first instant in `start` (exclusive) to `end` at which the offset is another than the moment before.
    ///
    /// Looks at every half day, which is shorter than any zone ever kept an offset.
    package func firstChange(after start: Instant, through end: Instant) -> Instant? {
        let kept = offset(at: start)
        var low = start
        while low < end {
            let high = min(low + 43_200, end)
            if offset(at: high) != kept { return change(from: kept, after: low, through: high) }
            low = high
        }
        return nil
    }

    /// Bisects to the second between `low`, where the offset is `kept`, and `high`, where it is not.
    private func change(from kept: Int64, after low: Instant, through high: Instant) -> Instant {
        var (low, high) = (low, high)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == kept { low = middle } else { high = middle }
        }
        return high
    }
}
