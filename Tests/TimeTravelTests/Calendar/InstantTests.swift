// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

@Suite struct InstantTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)), ("2038-01-19T03:14:08Z", 2_147_483_648),
        ("2100-01-01T00:00:00Z", 4_102_444_800),
        ("2000-02-29T23:59:59Z", 951_868_799), ("1969-12-31T23:59:59Z", -1), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
    ])
    func `known instants are read and printed`(text: String, seconds: Int64) {
        #expect(Instant(text)?.seconds == seconds)
        #expect(Instant(seconds: seconds).description == text)
    }

    @Test(arguments: [
        ("2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z"), ("2020-01-01t00:00:00.123z", "2020-01-01T00:00:00Z"),
        ("2019-12-31T19:30:00-04:30", "2020-01-01T00:00:00Z"), ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ])
    func `offsets, fractions and leap seconds are understood`(text: String, utc: String) {
        #expect(Instant(text)?.description == utc)
    }

    @Test(arguments: [
        "", "2020", "2020-13-01T00:00:00Z", "2100-02-29T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00",
        "2020-01-01T00:00:00+2", "2020-01-01T00:00:00.Z", "2020-01-01x00:00:00Z", "２０２０-01-01T00:00:00Z",
    ])
    func `what is no instant is refused`(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test func `random instants survive print and parse`() {
        var random = SeededRandom(seed: 42)
        for _ in 0..<2_000 {
            let instant = Instant(seconds: .random(in: -62_135_596_800...253_402_300_799, using: &random))
            #expect(Instant(instant.description) == instant)
        }
    }

    @Test func `arithmetic stops at the ends instead of overflowing`() {
        #expect(Instant.latest + Int64.max == .latest)
        #expect(Instant.earliest - Int64.max == .earliest)
        #expect(Instant(seconds: .max) == .latest)
        #expect(Instant.epoch + .seconds(90) == Instant(seconds: 90))
    }

    @Test func `days follow each other through four centuries`() {
        var expected = (year: 1900, month: 1, day: 1)
        guard let first = CivilDate(year: 1900, month: 1, day: 1) else {
            Issue.record("1900-01-01 exists")
            return
        }
        for offset in 0..<146_097 {
            let date = first.adding(days: offset)
            #expect(date.year == expected.year && date.month == expected.month && date.day == expected.day)
            expected.day += 1
            if CivilDate(year: expected.year, month: expected.month, day: expected.day) == nil {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
    }

    @Test func `weekdays and leap years are those of the calendar`() {
        #expect(CivilDate("2100-01-01")?.weekday == 5)
        #expect(CivilDate("1969-12-28")?.weekday == 7)
        #expect(CivilDate.isLeap(2000) && CivilDate.isLeap(2096) && !CivilDate.isLeap(2100))
        #expect(CivilDate("2024-02-29")?.adding(years: 1) == CivilDate("2025-02-28"))
        #expect(CivilDate("2024-12-31")?.dayOfYear == 366)
    }
}
