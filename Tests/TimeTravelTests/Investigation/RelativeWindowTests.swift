// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// Checks that want something to be valid for some time yet.
@Suite struct RelativeWindowTests {
    private static let end = Instant("2031-05-17T09:41:12Z") ?? .epoch

    private func finding(
        edge: Instant, _ kind: Candidate.Kind, count: Int = 1, precision: Precision = .minute
    ) throws -> Finding {
        let candidates = (0..<count).map { number in
            Candidate(
                kind: kind, instant: Self.end + Int64(number) * 7_654_321, side: .notAfter,
                origin: Evidence(kind: .file, path: "tests/\(number).pem", line: 1, text: "notAfter of CN=test"))
        }
        let trap = PlantedTrap { instant, _ in instant < edge }
        let report = SimulatedFarm(guests: 1, seed: 1).investigate(
            trap, .sample(precision: precision), candidates: candidates)
        return try #require(report.finding)
    }

    @Test(arguments: [Int64(1), 30, 90])
    func `an edge days before a certificate ends is a relative window`(days: Int64) throws {
        let finding = try finding(edge: Self.end + -days * 86_400, .certificateNotAfter)
        #expect(finding.cause == .relativeWindow)
        let evidence = try #require(finding.evidence.first)
        #expect(evidence.path == "tests/0.pem" && evidence.text.hasSuffix("before: notAfter of CN=test"))
        #expect(evidence.text.hasPrefix(days == 1 ? "a day" : "\(days) days"))
    }

    @Test func `nothing is claimed of other days, of what does not end, or of an edge known to the day only`() throws {
        #expect(try finding(edge: Self.end + -33 * 86_400, .certificateNotAfter).cause == .unknown)
        #expect(try finding(edge: Self.end + -30 * 86_400 - 7_200, .certificateNotAfter).cause == .unknown)
        #expect(try finding(edge: Self.end + -30 * 86_400, .fileTime).cause == .unknown)
        #expect(try finding(edge: Self.end + 30 * 86_400, .certificateNotAfter).cause == .unknown)
        #expect(try finding(edge: Self.end + -30 * 86_400, .certificateNotAfter, precision: .day).cause == .unknown)
    }

    @Test func `among very many dates a match may be chance`() throws {
        #expect(try finding(edge: Self.end + -30 * 86_400, .certificateNotAfter, count: 8_000).cause == .unknown)
    }
}
