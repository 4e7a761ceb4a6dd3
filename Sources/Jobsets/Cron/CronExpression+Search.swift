// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

extension CronExpression {
    package func matches(_ minute: LocalMinute) -> Bool {
        let time = minute.minuteOfDay
        return matches(minute.day) && hour.contains(time / 60) && self.minute.contains(time % 60)
    }

    /// The first matching minute after `minute` on the local calendar; nil past the year 9999.
    package func next(after minute: LocalMinute) -> LocalMinute? {
        let start = LocalMinute(count: minute.count + 1)
        var day = start.day
        if matches(day), let time = time(from: start.minuteOfDay) {
            return LocalMinute(day, hour: time / 60, minute: time % 60)
        }
        guard let first = time(from: 0) else { return nil }
        repeat {
            guard let following = nextDay(after: day) else { return nil }
            day = following
        } while !matches(day)
        return LocalMinute(day, hour: first / 60, minute: first % 60)
    }

    private func matches(_ day: CivilDate) -> Bool {
        guard month.contains(day.month) else { return false }
        let byMonth = dayOfMonth.contains(day.day)
        let byWeek = dayOfWeek.contains(day.weekday % 7)
        return dayOfMonth.isWildcard || dayOfWeek.isWildcard ? byMonth && byWeek : byMonth || byWeek
    }

    /// The least matching minute of the day at or after `start`, which counts from midnight.
    private func time(from start: Int) -> Int? {
        if hour.contains(start / 60), let same = minute.next(from: start % 60) { return start / 60 * 60 + same }
        guard let later = hour.next(from: start / 60 + 1), let first = minute.next(from: 0) else { return nil }
        return later * 60 + first
    }

    /// The following day, or the first of the next month that can match; nil past the year 9999.
    private func nextDay(after day: CivilDate) -> CivilDate? {
        let following = day.adding(days: 1)
        guard following > day else { return nil }
        guard !month.contains(following.month) else { return following }
        guard let later = month.next(from: following.month + 1) else {
            return CivilDate(year: following.year + 1, month: month.next(from: 1) ?? 1, day: 1)
        }
        return CivilDate(year: following.year, month: later, day: 1)
    }
}
