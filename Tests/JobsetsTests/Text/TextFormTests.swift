// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Jobsets

@Suite struct `Values written as text` {
    @Test(arguments: [
        ("90 s", Int64(90), "90 seconds"), ("30min", 1_800, "30 minutes"), ("4 h", 14_400, "4 hours"),
        ("1 day", 86_400, "1 day"), ("14 days", 1_209_600, "2 weeks"), ("0 s", 0, "0 seconds"),
        ("60 seconds", 60, "1 minute"),
    ])
    func `a length of time is read and printed with its largest unit`(
        text: String, seconds: Int64, printed: String
    ) throws {
        let span = try TimeSpan(text: text)
        #expect(span.seconds == seconds)
        #expect(span.description == printed)
        #expect(try TimeSpan(text: printed) == span)
    }

    @Test(arguments: [
        "", "4", "h", "-4 h", "4.5 h", "4 fortnights", "4 H", "999999999999999 weeks", "1000000000000000000000 s",
        "٤ h",
    ])
    func `what is no length of time is refused`(text: String) {
        #expect(throws: Expectation.self) { try TimeSpan(text: text) }
        #expect(throws: Expectation.self) { try Period(text: text) }
    }

    @Test(arguments: [
        ("2 GiB", Int64(2) << 30, "2 GiB"), ("200 MB", 200_000_000, "200 MB"), ("1024mib", 1 << 30, "1 GiB"),
        ("1024 MB", 1_024_000_000, "1024 MB"), ("4096 B", 4_096, "4 KiB"), ("7 B", 7, "7 B"), ("0 B", 0, "0 B"),
    ])
    func `a size is read and printed with the unit that gives the least number`(
        text: String, bytes: Int64, printed: String
    ) throws {
        let size = try ByteCount(text: text)
        #expect(size.bytes == bytes)
        #expect(size.description == printed)
        #expect(try ByteCount(text: printed) == size)
    }

    @Test(arguments: ["", "2", "GiB", "2 G", "-1 B", "999999999999999 TiB"])
    func `what is no size is refused`(text: String) {
        #expect(throws: Expectation.self) { try ByteCount(text: text) }
    }

    @Test(arguments: [
        ("2100-01-01", "2100-01-01T00:00:00Z"), ("2100-02-28T12:00:00+02:00", "2100-02-28T10:00:00Z"),
        ("release", "release"), ("release+3years", "release + 3 years"), ("release  -  1 day", "release - 1 day"),
        ("today + 1 month", "today + 1 month"), ("today + 2 weeks", "today + 2 weeks"),
    ])
    func `a date of conditions is read and printed`(text: String, printed: String) throws {
        let date = try ConditionsDate(text: text)
        #expect(date.description == printed)
        #expect(try ConditionsDate(text: printed) == date)
    }

    @Test(arguments: [
        "", "2100", "2100-02-29", "2300-01-01", "1969-12-31", "tomorrow", "release 3 years", "release + years",
        "release + 3", "release + -3 years", "release + 3 decades", "release + 99999 years", "Release",
        "release + 3 years ago",
    ])
    func `what is no date of conditions is refused`(text: String) {
        #expect(throws: Expectation.self) { try ConditionsDate(text: text) }
    }

    @Test(arguments: [
        ("release + 3 years", "2023-02-28T13:14:15Z"), ("release + 4 years", "2024-02-29T13:14:15Z"),
        ("release + 80 years", "2100-02-28T13:14:15Z"), ("release + 1 month", "2020-03-29T13:14:15Z"),
        ("release + 12 months", "2021-02-28T13:14:15Z"), ("release - 2 months", "2019-12-29T13:14:15Z"),
        ("release - 1 week", "2020-02-22T13:14:15Z"), ("release + 1 day", "2020-03-01T13:14:15Z"),
        ("today", "2026-05-31T00:00:00Z"), ("today + 1 month", "2026-06-30T00:00:00Z"),
        ("today - 14 months", "2025-03-31T00:00:00Z"), ("2100-01-01", "2100-01-01T00:00:00Z"),
    ])
    func `a relative date counts on the calendar`(text: String, resolved: String) throws {
        let release = try #require(Instant("2020-02-29T13:14:15Z"))
        let now = try #require(Instant("2026-05-31T20:00:00Z"))
        #expect(try ConditionsDate(text: text).resolved(release: release, now: now).description == resolved)
    }

    @Test(arguments: [
        ("https://example.org/a.git", ChannelLocation.remote(url: "https://example.org/a.git")),
        ("file:///srv/a", .remote(url: "file:///srv/a")), ("git@host:a/b.git", .remote(url: "git@host:a/b.git")),
        ("/srv/a", .path("/srv/a")), ("../a", .path("../a")), ("./a:b", .path("./a:b")),
        ("demo:demo", .demonstration(folder: "demo")),
    ])
    func `a channel's place is read as git reads it`(text: String, location: ChannelLocation) throws {
        #expect(try ChannelLocation(text: text) == location)
        #expect(location.description == text)
    }

    @Test(arguments: ["", "-x", "ext::id", "https://", "gopher://a/b", "a b", "demo:", "demo:-x", "file:///a\u{7f}"])
    func `what git might run or not reach is refused as a channel's place`(text: String) {
        #expect(throws: Expectation.self) { try ChannelLocation(text: text) }
    }

    @Test func `relative places start at the folder of the file`() {
        #expect(ChannelLocation.path("a").resolved(against: "/j") == .path("/j/a"))
        #expect(ChannelLocation.path("/a").resolved(against: "/j") == .path("/a"))
        #expect(
            ChannelLocation.demonstration(folder: "demo").resolved(against: "J") == .demonstration(folder: "J/demo"))
    }

    @Test func `a screening gives each set of conditions once`() throws {
        let kernel = try #require(KernelRelease(rawValue: "6.1.0-47-amd64"))
        let release = CivilDate(firstOf: 2020).start
        let dates = try ["2100-01-01", "release + 80 years", "release + 3 years"].map { try ConditionsDate(text: $0) }
        let all = Screening(dates: dates, cores: 2).conditions(release: release, now: release, defaultKernel: kernel)
        #expect(
            all == [
                Conditions(date: CivilDate(firstOf: 2100).start, cpu: .baseline, kernel: kernel, cores: 2),
                Conditions(date: CivilDate(firstOf: 2023).start, cpu: .baseline, kernel: kernel, cores: 2),
            ])
    }

    @Test func `reference conditions are of the revision's time where the jobset names none`() throws {
        let kernel = try #require(KernelRelease(rawValue: "6.1.0-47-amd64"))
        let release = CivilDate(firstOf: 2009).start
        let standard = ReferenceConditions().conditions(
            release: release, now: CivilDate(firstOf: 2026).start, models: CPUModel.emulated, defaultKernel: kernel,
            defaultCores: 1)
        #expect(standard == Conditions(date: release, cpu: .nehalem, kernel: kernel, cores: 1))
        let named = ReferenceConditions(date: .relative(.today, nil), cpu: .penryn, cores: 3).conditions(
            release: release, now: CivilDate(firstOf: 2026).start, models: CPUModel.emulated, defaultKernel: kernel,
            defaultCores: 1)
        #expect(named == Conditions(date: CivilDate(firstOf: 2026).start, cpu: .penryn, kernel: kernel, cores: 3))
    }
}
