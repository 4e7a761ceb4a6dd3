// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Jobsets

@Suite struct `Schedules on the clocks of a zone` {
    /// Runs of `cron` in `zone` after `start`, as RFC 3339.
    private func runs(_ cron: String, _ zone: String, after start: String, count: Int) throws -> [String] {
        let schedule = Schedule(cron: try CronExpression(text: cron), timeZone: try Zone(text: zone))
        var runs: [String] = []
        var last = try #require(Instant(start))
        for _ in 0..<count {
            last = try #require(schedule.next(after: last))
            runs.append(last.description)
        }
        return runs
    }

    @Test func `Berlin, spring: a skipped time runs once, at the change`() throws {
        #expect(
            try runs("30 2 * * *", "Europe/Berlin", after: "2026-03-28T00:00:00Z", count: 3) == [
                "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z",
            ])
    }

    @Test func `Berlin, spring: several skipped times run together`() throws {
        #expect(
            try runs("0,20,40 1,2,3 * * *", "Europe/Berlin", after: "2026-03-29T00:40:00Z", count: 3) == [
                "2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z", "2026-03-29T01:40:00Z",
            ])
    }

    @Test func `Berlin, autumn: a repeated time runs the first time only`() throws {
        #expect(
            try runs("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", count: 2) == [
                "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z",
            ])
    }

    @Test func `Berlin, autumn: between the two passes nothing is due`() throws {
        #expect(
            try runs("30 2 * * *", "Europe/Berlin", after: "2026-10-25T01:10:00Z", count: 1) == ["2026-10-26T01:30:00Z"]
        )
    }

    @Test func `New York: a rhythm through the day is kept through both changes`() throws {
        #expect(
            try runs("*/30 * * * *", "America/New_York", after: "2026-03-08T06:20:00Z", count: 3) == [
                "2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z",
            ])
        #expect(
            try runs("0 * * * *", "America/New_York", after: "2026-11-01T04:30:00Z", count: 3) == [
                "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z",
            ])
    }

    @Test func `New York: a rhythm within a skipped hour is not made up for`() throws {
        #expect(
            try runs("*/30 2 * * *", "America/New_York", after: "2026-03-07T08:00:00Z", count: 1) == [
                "2026-03-09T06:00:00Z"
            ])
    }

    @Test func `Lord Howe changes by half an hour`() throws {
        // 2026-10-04 02:00 +10:30 becomes 02:30 +11:00.
        #expect(
            try runs("15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03T12:00:00Z", count: 2) == [
                "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z",
            ])
    }

    @Test func `Apia left out 30 December 2011`() throws {
        #expect(
            try runs("0 12 * * *", "Pacific/Apia", after: "2011-12-29T00:00:00Z", count: 3) == [
                "2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z",
            ])
    }

    @Test func `Sao Paulo changed at midnight in 2018`() throws {
        #expect(
            try runs("0 0 * * *", "America/Sao_Paulo", after: "2018-11-03T12:00:00Z", count: 2) == [
                "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z",
            ])
        #expect(
            try runs("30 23 * * *", "America/Sao_Paulo", after: "2019-02-16T12:00:00Z", count: 2) == [
                "2019-02-17T01:30:00Z", "2019-02-18T02:30:00Z",
            ])
    }

    @Test func `Kathmandu and UTC do not change`() throws {
        #expect(
            try runs("0 2 * * *", "Asia/Kathmandu", after: "2026-01-01T00:00:00Z", count: 1) == ["2026-01-01T20:15:00Z"]
        )
        #expect(try runs("0 2 * * *", "UTC", after: "2100-02-28T02:00:00Z", count: 1) == ["2100-03-01T02:00:00Z"])
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-27T00:00:00Z"), ("Europe/Berlin", "2026-10-23T22:00:00Z"),
        ("America/New_York", "2025-03-07T20:00:00Z"), ("America/New_York", "2025-11-01T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-02T12:00:00Z"),
        ("Africa/Casablanca", "2026-02-14T00:00:00Z"), ("Africa/Casablanca", "2026-03-21T00:00:00Z"),
        ("Pacific/Apia", "2011-12-28T20:00:00Z"), ("America/Sao_Paulo", "2018-11-03T00:00:00Z"),
        ("America/St_Johns", "2010-11-06T12:00:00Z"), ("Asia/Tehran", "2022-03-20T12:00:00Z"),
        ("UTC", "2099-12-31T00:00:00Z"),
    ])
    func `every run agrees with watching the clock minute by minute`(zoneName: String, startText: String) throws {
        let zone = try Zone(text: zoneName)
        let start = try #require(Instant(startText))
        let end = start + 3 * 86_400
        let seed: UInt64 = 11
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let times = RandomCron.expression(using: &generator).split(separator: " ").prefix(2).joined(separator: " ")
            let schedule = Schedule(cron: try CronExpression(text: "\(times) * * *"), timeZone: zone)
            var runs: [Instant] = []
            var last = start
            while let next = schedule.next(after: last), next <= end {
                runs.append(next)
                last = next
            }
            let seen = WatchedClock(schedule: schedule).runs(after: start, through: end)
            #expect(runs == seen, "\(times) in \(zoneName), seed \(seed)")
            #expect(schedule.due(after: start, through: end) == seen.last)
        }
    }

    @Test func `missed runs are one, the last`() throws {
        let schedule = Schedule(cron: try CronExpression(text: "*/5 * * * *"), timeZone: .utc)
        let last = try #require(Instant("2020-01-01T00:00:00Z"))
        let now = try #require(Instant("2026-07-01T12:34:56Z"))
        #expect(schedule.due(after: last, through: now)?.description == "2026-07-01T12:30:00Z")
    }

    @Test func `nothing is due before the next run, and a run is due at its instant`() throws {
        let schedule = Schedule(cron: try CronExpression(text: "0 2 1 1 *"), timeZone: .utc)
        let last = try #require(Instant("2026-01-01T02:00:00Z"))
        #expect(schedule.due(after: last, through: last) == nil)
        #expect(schedule.due(after: last, through: try #require(Instant("2027-01-01T01:59:59Z"))) == nil)
        let next = try #require(Instant("2027-01-01T02:00:00Z"))
        #expect(schedule.due(after: last, through: next) == next)
        #expect(schedule.due(after: next, through: last) == nil)
    }
}
