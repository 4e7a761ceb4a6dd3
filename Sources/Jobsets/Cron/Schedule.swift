// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// When a jobset is evaluated by itself: a cron expression on the clocks of a time zone.
///
/// Where the zone's clocks are put forward or back, it does what Debian's cron(8) does:
/// - An expression that names times of day (neither the minute nor the hour begins with `*`) runs once for each of them:
///   times that the clocks skip run together once, at the instant of the change; times that the clocks show twice run
///   the first time only.
/// - Any other (`*/15 * * * *`, `0 * * * *`) runs whenever the clocks show a matching minute: skipped minutes are not
///   made up for, and repeated ones run again, so that its rhythm is kept.
package struct Schedule: Hashable, Sendable, Encodable {
    package var cron: CronExpression
    package var timeZone: Zone

    package init(cron: CronExpression, timeZone: Zone) {
        self.cron = cron
        self.timeZone = timeZone
    }

    /// The first run after `instant`; nil past the year 9999.
    package func next(after instant: Instant) -> Instant? {
        cron.isFixedTime ? nextFixed(after: instant) : nextRecurring(after: instant)
    }

    /// The last run after `last` up to and with `now`, nil when none was due.
    ///
    /// However many were missed in between, they are one: what calls this starts one evaluation for them.
    package func due(after last: Instant, through now: Instant) -> Instant? {
        guard last < now else { return nil }
        var length: Int64 = 3_600
        while true {
            let start = max(last, now - length)
            if var run = next(after: start), run <= now {
                while let later = next(after: run), later <= now { run = later }
                return run
            }
            guard start > last else { return nil }
            length *= 4
        }
    }

    /// The instant of a local minute never decreases with the minute, so the first one past `instant` is the answer.
    private func nextFixed(after instant: Instant) -> Instant? {
        var minute = timeZone.localMinute(at: instant)
        while let next = cron.next(after: minute) {
            let run = timeZone.firstInstant(of: next)
            if run > instant { return run }
            minute = next
        }
        return nil
    }

    /// Searches one stretch of constant offset after the other.
    private func nextRecurring(after instant: Instant) -> Instant? {
        var start = instant
        while true {
            let offset = timeZone.offset(at: start)
            guard let minute = cron.next(after: LocalMinute(at: start, offset: offset)) else { return nil }
            let run = minute.instant(offset: offset)
            guard let change = timeZone.firstChange(after: start, through: run) else { return run }
            let first = timeZone.localMinute(at: change)
            if cron.matches(first), first.instant(offset: timeZone.offset(at: change)) == change { return change }
            start = change
        }
    }
}
