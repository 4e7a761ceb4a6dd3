// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

@testable import Jobsets

/// The runs of a schedule by its definition: looking at the zone's clock every minute, as a cron daemon does.
struct WatchedClock {
    let schedule: Schedule

    /// `start` and `end` must be whole minutes of the zone.
    func runs(after start: Instant, through end: Instant) -> [Instant] {
        var runs: [Instant] = []
        // Fixed times need to know what the clock has shown already, up to two days back.
        var highest = schedule.timeZone.localMinute(at: start - 2 * 86_400)
        for instant in stride(from: start.seconds - 2 * 86_400 + 60, through: end.seconds, by: 60).map(Instant.init) {
            let shown = schedule.timeZone.localMinute(at: instant)
            let isDue: Bool
            if schedule.cron.isFixedTime {
                let fresh = shown > highest ? highest.count + 1...shown.count : nil
                isDue = fresh?.contains { schedule.cron.matches(LocalMinute(count: $0)) } ?? false
                highest = max(highest, shown)
            } else {
                isDue = schedule.cron.matches(shown)
            }
            if isDue, instant > start { runs.append(instant) }
        }
        return runs
    }
}
