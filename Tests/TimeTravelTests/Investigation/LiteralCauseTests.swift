// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// Years and days that a package spells out: most of them have nothing to do with an edge that they happen to meet.
@Suite struct LiteralCauseTests {
    private func literal(_ kind: Candidate.Kind, _ instant: Instant, _ path: String, weight: Double = 1) -> Candidate {
        Candidate(
            kind: kind, instant: instant, side: .notAfter, weight: weight,
            origin: Evidence(kind: .file, path: path, offset: 10, length: 4, text: "found in \(path)"))
    }

    private func finding(_ edge: Instant, _ candidates: [Candidate], log: String = "") throws -> Finding {
        let trap = PlantedTrap(facts: { _, _ in LogMiner.facts(in: Array(log.utf8)) }) { instant, _ in instant < edge }
        let report = SimulatedFarm(guests: 1, seed: 1).investigate(
            trap, .sample(precision: .minute), candidates: candidates)
        return try #require(report.finding)
    }

    private let newYear = CivilDate(firstOf: 2090).start

    @Test func `a year and fifty years explain an edge only in a file that the failed log names`() throws {
        let table = literal(.twoDigitPivot, newYear, "pkg-1.0.tar.gz!/pkg-1.0/data/vendors.dat", weight: 9)
        let test = literal(.twoDigitPivot, newYear, "pkg-1.0.tar.gz!/pkg-1.0/t/date.t")
        let log = "t/date.t .. 1/136 # Failed test at t/date.t line 73."
        #expect(try finding(newYear, [table], log: log).cause == .unknown)
        #expect(try finding(newYear, [test]).cause == .unknown)
        #expect(try finding(newYear, [test], log: "lib/date.t:73: error").cause == .unknown)

        let told = try finding(newYear, [table, test], log: log)
        #expect(told.cause == .twoDigitYear)
        #expect(told.evidence.map(\.path) == [test.origin.path])
    }

    @Test func `what the log says of two-digit years needs no file, and shows none by chance`() throws {
        let table = literal(.twoDigitPivot, newYear, "pkg-1.0/data/vendors.dat", weight: 9)
        let finding = try finding(
            newYear, [table],
            log: """
                Expected:
                    datetime.date(2012, 12, 12)
                Got:
                    datetime.date(1912, 12, 12)
                """)
        #expect(finding.cause == .twoDigitYear)
        #expect(finding.evidence.map(\.kind) == [.log])
        #expect(
            finding.evidence.first?.text == "expected datetime.date(2012, 12, 12), got datetime.date(1912, 12, 12)")
    }

    @Test func `the end of a day in the failed test is a hard-coded date`() throws {
        var miner = SourceMiner()
        miner.add(path: "pkg/tests/test_rrn.doctest", bytes: Array(">>> f(allow=0)  # fails until 2090-06-30\n".utf8))
        miner.add(path: "pkg/data/big.dat", bytes: Array((0...60).map { "\(1960 + $0)-01-07\n" }.joined().utf8))
        let dayAfter = try #require(CivilDate(year: 2090, month: 7, day: 1)).start
        let told = try finding(dayAfter, miner.candidates, log: "/build/pkg/tests/test_rrn.doctest:1: DocTestFailure")
        #expect(told.cause == .hardCodedDate)
        #expect(told.evidence.first?.path == "pkg/tests/test_rrn.doctest")
        #expect(told.evidence.first?.text == "the end of 2090-06-30")
        #expect(
            try finding(dayAfter, miner.candidates, log: "/build/pkg/tests/other.doctest:1: error").cause == .unknown)
    }

    @Test func `an instant of its own is no chance, a day among very many may be`() throws {
        let cookie = try #require(Instant("2038-01-01T04:05:06Z"))
        #expect(try finding(cookie, [literal(.literalDate, cookie, "pkg/cookie.c")]).cause == .hardCodedDate)

        let day = try #require(CivilDate(year: 2061, month: 3, day: 9)).start
        let days = (0..<400).map { literal(.literalDate, day + Int64($0) * 86_400, "pkg/holidays.dat") }
        #expect(try finding(day, days).cause == .unknown)
        let few = try finding(day, Array(days.prefix(3)))
        #expect(few.cause == .hardCodedDate, "\(few.windows)")
    }
}
