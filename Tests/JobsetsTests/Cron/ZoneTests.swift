// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Jobsets

@Suite struct `Time zones` {
    /// First instants of new offsets, as the IANA database has them.
    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29T01:00:00Z", 3_600, 7_200),
        ("Europe/Berlin", "2026-10-25T01:00:00Z", 7_200, 3_600),
        ("America/New_York", "2007-03-11T07:00:00Z", -18_000, -14_400),
        ("America/New_York", "2026-11-01T06:00:00Z", -14_400, -18_000),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", 39_600, 37_800),
        ("America/Sao_Paulo", "2019-02-17T02:00:00Z", -7_200, -10_800),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", -36_000, 50_400),
        ("Asia/Tehran", "2022-09-21T19:30:00Z", 16_200, 12_600),
        ("Asia/Pyongyang", "2018-05-04T15:00:00Z", 30_600, 32_400), ("Europe/London", "2037-10-25T01:00:00Z", 3_600, 0),
        ("Europe/London", "2099-03-29T01:00:00Z", 0, 3_600),
    ])
    func `clocks change at the second they did, or by the rule in force`(
        name: String, change: String, before: Int64, after: Int64
    ) throws {
        let zone = try Zone(text: name)
        let instant = try #require(Instant(change))
        #expect(zone.offset(at: instant - 1) == before)
        #expect(zone.offset(at: instant) == after)
        #expect(zone.firstChange(after: instant - 10 * 86_400, through: instant + 86_400) == instant)
    }

    @Test(arguments: [
        "", "Berlin", "CET", "EST5EDT", "GMT+3", "Europe/Berln", "europe/berlin", "../etc/passwd", "/etc/localtime",
    ])
    func `what is no zone of the database is refused`(text: String) {
        #expect(throws: Expectation.self) { try Zone(text: text) }
    }

    @Test func `a skipped minute is the instant of the change, a repeated one its first showing`() throws {
        let zone = try Zone(text: "Europe/Berlin")
        #expect(
            try zone.firstInstant(of: LocalMinute(reading: "2026-03-29 02:30")).description == "2026-03-29T01:00:00Z")
        #expect(
            try zone.firstInstant(of: LocalMinute(reading: "2026-03-29 03:00")).description == "2026-03-29T01:00:00Z")
        #expect(
            try zone.firstInstant(of: LocalMinute(reading: "2026-10-25 02:30")).description == "2026-10-25T00:30:00Z")
        #expect(
            try zone.firstInstant(of: LocalMinute(reading: "2026-10-25 03:00")).description == "2026-10-25T02:00:00Z")
    }
}
