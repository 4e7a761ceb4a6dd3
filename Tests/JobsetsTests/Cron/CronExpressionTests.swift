// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Jobsets

@Suite struct `Cron expressions` {
    @Test(arguments: [
        ("0 2 * * *", "2026-03-10 01:59", "2026-03-10 02:00"), ("0 2 * * *", "2026-03-10 02:00", "2026-03-11 02:00"),
        ("*/15 * * * *", "2026-12-31 23:45", "2027-01-01 00:00"),
        ("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"),
        ("0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00"),
        ("30 6 * * mon-fri", "2026-03-13 06:30", "2026-03-16 06:30"),
        ("0 0 * * 7", "2026-03-14 12:00", "2026-03-15 00:00"), ("0 0 * * 0", "2026-03-14 12:00", "2026-03-15 00:00"),
        ("0 0 * * fri-sun", "2026-03-14 12:00", "2026-03-15 00:00"),
        ("0 0 * * SAT,Sun", "2026-03-15 00:00", "2026-03-21 00:00"),
        ("0 0 13 * fri", "2026-03-01 00:00", "2026-03-06 00:00"),
        ("0 0 13 * fri", "2026-03-06 00:00", "2026-03-13 00:00"),
        ("0 0 1 jan,JUL *", "2026-01-01 00:00", "2026-07-01 00:00"),
        ("10-30/10,5 4 * * *", "2026-03-10 04:05", "2026-03-10 04:10"),
        ("0 0 */10 * *", "2026-01-21 00:00", "2026-01-31 00:00"),
        ("0 0 */10 * mon", "2026-01-02 00:00", "2026-05-11 00:00"),
        ("0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00"), ("@hourly", "2026-01-01 00:30", "2026-01-01 01:00"),
        ("@daily", "2026-01-01 00:00", "2026-01-02 00:00"), ("@weekly", "2026-03-10 00:00", "2026-03-15 00:00"),
        ("@monthly", "2026-01-01 00:00", "2026-02-01 00:00"), ("@yearly", "2026-01-01 00:00", "2027-01-01 00:00"),
        ("0\t0  1 * *", "2026-01-01 00:00", "2026-02-01 00:00"),
        ("0-59 0-23 1-31 1-12 0-7", "2026-01-01 00:00", "2026-01-01 00:01"),
    ])
    func `the next matching minute follows`(expression: String, after: String, next: String) throws {
        let cron = try CronExpression(text: expression)
        let found = try #require(cron.next(after: LocalMinute(reading: after)))
        #expect(try found == LocalMinute(reading: next), "\(found.day) \(found.minuteOfDay)")
        #expect(cron.matches(found))
    }

    @Test(arguments: [
        "", "*", "0 2 * *", "0 2 * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 * ",
        "* * * 0 *", "* * * * 8", "* * * * -1", "a * * * *", "* * * janu *", "1-* * * * *", "5-1 * * * *",
        "*/0 * * * *",
        "*/60 * * * *", "5/10 * * * *", "1,,2 * * * *", ",1 * * * *", "1- * * * *", "1-2-3 * * * *", "*/2/2 * * * *",
        "+1 * * * *", "001 * * * *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "@reboot", "@every 5m", "@Daily", "? * * * *",
        "* * L * *", "* * * * 5#3", "٣ * * * *", "* * * * mon-", "0 0 * * sun-mon-tue",
    ])
    func `what is no expression, or never happens, is refused`(text: String) {
        #expect(throws: Expectation.self) { try CronExpression(text: text) }
    }

    @Test func `an expression prints as written, with single spaces`() throws {
        #expect(try CronExpression(text: "0   2 * *  mon").description == "0 2 * * mon")
        #expect(try CronExpression(text: "@daily").description == "@daily")
    }

    @Test func `the search agrees with trying every minute`() throws {
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let text = RandomCron.expression(using: &generator)
            guard let cron = try? CronExpression(text: text) else { continue }
            let start = LocalMinute(count: Int64.random(in: 0...(60 * 525_600), using: &generator))
            let limit = start.count + 20 * 1_440
            let tried = (start.count + 1...limit).lazy.map(LocalMinute.init(count:)).first(where: cron.matches)
            let found = try #require(cron.next(after: start))
            #expect(tried == (found.count <= limit ? found : nil), "\(text) after \(start.count), seed \(seed)")
        }
    }

    @Test func `the search ends with the calendar`() throws {
        let last = LocalMinute(try #require(CivilDate(year: 9999, month: 12, day: 31)), hour: 23, minute: 59)
        #expect(try CronExpression(text: "* * * * *").next(after: last) == nil)
        #expect(try CronExpression(text: "0 0 29 2 *").next(after: last) == nil)
        #expect(try CronExpression(text: "0 0 1 1 *").next(after: last) == nil)
    }
}
