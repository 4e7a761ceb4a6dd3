// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

@Suite struct LogMinerTests {
    private func facts(_ log: String) -> [LogFact] { LogMiner.facts(in: Array(log.utf8)) }

    @Test(arguments: [
        ("ssl.SSLError: certificate has expired (_ssl.c:992)", LogFact.Kind.certificateExpired, LogFact.Side.after),
        ("OpenSSL.crypto.X509StoreContextError: [10, 1, 'certificate has expired']", .certificateExpired, .after),
        (
            "OpenSSL.crypto.X509StoreContextError: [9, 2, 'certificate is not yet valid']", .certificateNotYetValid,
            .before
        ),
        ("assert 'CRL is not yet valid' == 'certificate revoked'", .certificateNotYetValid, .before),
        ("[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate", .certificateNotYetValid, .before),
        ("struct.error: 'i' format requires -2147483648 <= number <= 2147483647", .signed32Bit, .after),
        ("jwt.exceptions.ExpiredSignatureError: Signature has expired", .signatureExpired, .after),
        ("gpg: EXPKEYSIG 1234 someone", .keyExpired, .after),
        ("tuf.exceptions.ExpiredMetadataError: root is expired", .dataExpired, .after),
        ("ValueError: ZIP does not support timestamps before 1980", .dosTime, .before),
    ])
    func `each cause is known by its words, and by its side`(line: String, kind: LogFact.Kind, side: LogFact.Side) {
        let found = facts("compiling\n\(line)\ndone\n")
        #expect(found.first?.kind == kind)
        #expect(found.first?.side == side)
        #expect(found.first?.line == 2)
    }

    @Test(arguments: [
        ("ValueError: day is out of range for month", LogFact.Kind.dayOutOfRange),
        ("Illegal instruction (core dumped)", .illegalInstruction),
        ("AssertionError: None != 'Frídagur verslunarmanna'", .yearMismatch),
        ("testing of 'y' directive failed; '01' -> 2001 != 2101", .twoDigitYear),
        (
            "Lists differ: ['', [26 chars]-03 02:00:00 - 2023-11-05 02:00:00'] != ['', [26 chars]-03 03:00:00 - 2023-11-05 02:00:00']",
            .hourShift
        ),
        (
            "AssertionError: 'Fri, 01 Jan 2038 04:05:08 GMT' not found in ('Fri, 01 Jan 2038 04:05:06 GMT', 'x')",
            .cookieDates
        ),
        ("gcc -O2 -march=native -c x.c", .nativeTuning),
    ])
    func `causes without a side are known too`(line: String, kind: LogFact.Kind) {
        #expect(facts(line).contains { $0.kind == kind && $0.side == nil })
    }

    @Test(arguments: [
        """
        # Test 10 got: "3915993600" (t/date.t at line 73 fail #4)
        #    Expected: "760233600"
        """,
        "Expected:\n    datetime.date(2012, 12, 12)\nGot:\n    datetime.date(1912, 12, 12)",
        "#          got: '1944-05-06'\n#     expected: '2044-05-06'",
    ])
    func `values on lines of their own that are a century apart tell of two-digit years`(log: String) {
        let found = facts(log).filter { $0.kind == .twoDigitYear }
        #expect(found.count == 1)
        #expect(found.first?.line == log.split(separator: "\n").count)
        #expect(found.first?.text.hasPrefix("expected ") == true)
    }

    @Test(arguments: [
        "got: 1912\nexpected: 1913", "got: 12 in 1912\nexpected: 13 in 2012", "got: 1912\nexpected: 2012 or 3",
        "got: 1912\n\n\n\n\n\nexpected: 2012", "forgot: 1912\nexpected: 2012", "expected:\ngot:\n1912\n2012",
    ])
    func `other values on lines of their own do not`(log: String) {
        #expect(!facts(log).contains { $0.kind == .twoDigitYear })
    }

    @Test func `files are known by the names that a failing line gives them`() {
        let found = facts(
            """
            t/fine.t .. ok
            \u{1B}[1m/build/pkg-1.20/tests/test_kr_rrn.doctest\u{1B}[0m:69: DocTestFailure
            # Failed test at t/date.t line 73.
            tests.py:5204: AssertionError after 0.91s, again tests.py:7
            """)
        let named = found.filter { $0.kind == .namedFile }.map(\.text)
        #expect(named == ["/build/pkg-1.20/tests/test_kr_rrn.doctest", "t/date.t", "tests.py"])
        let path = "pkg-1.20.tar.gz!/pkg-1.20/tests/test_kr_rrn.doctest"
        #expect(NamedFiles.means("/build/pkg-1.20/tests/test_kr_rrn.doctest", path))
        #expect(NamedFiles.means("test_kr_rrn.doctest", path))
        #expect(!NamedFiles.means("other/test_kr_rrn.doctest", path))
        #expect(!NamedFiles.means("rrn.doctest", path))
    }

    @Test func `a check that prints both dates proves no side`() {
        let found = facts(
            "ValueError: Client certificate expired: Not After: 2021-11-27 15:28:58Z Not Before: 2018-11-28 15:28:58Z")
        #expect(found.map(\.kind) == [.validityDates])
        #expect(found.first?.side == nil)
        #expect(found.first?.instants.map(\.description) == ["2021-11-27T15:28:58Z", "2018-11-28T15:28:58Z"])
    }

    @Test func `the epoch after KEYEXPIRED is read`() {
        #expect(facts("[GNUPG:] KEYEXPIRED 1640995200").first?.instants == [Instant(seconds: 1_640_995_200)])
    }

    @Test func `a terminal's colours are left out of what is shown`() {
        let found = facts("\u{1B}[1m\u{1B}[31mE   certificate has expired\u{1B}[0m\u{1B}[")
        #expect(found.map(\.text) == ["E   certificate has expired"])
    }

    @Test func `a healthy log says nothing`() {
        #expect(facts("ok 5 - test_totals.t\n259 passed in 0.35s\nBuilt on 2019-01-01\n").isEmpty)
    }

    @Test func `a log fed in pieces reads as the whole`() {
        let log = Array(
            "x\nValueError: day is out of range for month\ncertificate has expired at Oct 28 14:23:16 2037 GMT".utf8)
        for size in [1, 3, 7, 64] {
            var miner = LogMiner()
            for start in stride(from: 0, to: log.count, by: size) {
                miner.feed(log[start..<min(start + size, log.count)])
            }
            #expect(miner.finish() == LogMiner.facts(in: log))
        }
    }

    @Test func `endless lines and endless repetitions stay bounded`() {
        var miner = LogMiner()
        let line = Array("certificate has expired 2020-01-01\n".utf8)
        for _ in 0..<5_000 { miner.feed(line[...]) }
        miner.feed(Array(repeating: UInt8(ascii: "a"), count: 1 << 20)[...])
        let found = miner.finish()
        #expect(found.count <= 12)
        #expect(found.allSatisfy { $0.text.utf8.count <= 240 })
    }

    @Test(arguments: [
        ("2038-01-19T03:14:07Z", "2038-01-19T03:14:07Z"), ("on 2038-01-19 03:14:07.5 UTC", "2038-01-19T03:14:07Z"),
        ("20140601000000Z", "2014-06-01T00:00:00Z"), ("Fri, 01 Jan 2038 04:05:08 GMT", "2038-01-01T04:05:08Z"),
        ("Oct 28 14:23:16 2037 GMT", "2037-10-28T14:23:16Z"), ("Tue Jan 19 03:14:07 2038", "2038-01-19T03:14:07Z"),
        ("datetime.datetime(2038, 1, 1, 4, 5, 6)", "2038-01-01T04:05:06Z"),
        ("date(2019, 8, 5)", "2019-08-05T00:00:00Z"),
        ("01-Jan-2030", "2030-01-01T00:00:00Z"), ("January 19, 2038", "2038-01-19T00:00:00Z"),
        ("2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z"), ("2020/1/2", "2020-01-02T00:00:00Z"),
    ])
    func `dates are read in many forms`(text: String, utc: String) {
        #expect(DateScanner.dates(in: Array(text.utf8)[...]).map(\.instant.description) == [utc])
    }

    @Test(arguments: ["1.2.3", "2038-13-19", "20140601", "Jan 2038", "update(1, 2, 3)", "12:34:56", "2020-02-30"])
    func `what is no date is passed over`(text: String) {
        #expect(DateScanner.dates(in: Array(text.utf8)[...]).isEmpty)
    }
}
