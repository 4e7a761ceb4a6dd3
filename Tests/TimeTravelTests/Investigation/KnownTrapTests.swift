// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// Every measured trap, found again by a machine that sees only what guests would show.
@Suite struct KnownTrapTests {
    static let dated = KnownTrap.all.filter { !$0.kind.hasPrefix("periodic") && $0.lastGood != nil }

    @Test func `the fixture holds all fourteen traps and agrees with what was measured`() {
        #expect(KnownTrap.all.count == 14)
        for trap in KnownTrap.all {
            for seen in trap.measured { #expect(trap.works(seen.date) == seen.passed, "\(trap.id) at \(seen.date)") }
        }
    }

    @Test(arguments: dated, [true, false])
    func `each dated trap is found to the day, with candidates and without`(trap: KnownTrap, hasCandidates: Bool) throws
    {
        let subject = Subject.sample(release: trap.release.description)
        let farm = SimulatedFarm(seed: 11)
        let report = farm.investigate(trap.planted(), subject, candidates: hasCandidates ? trap.mined : [])
        let finding = try #require(report.finding)
        #expect(finding.verdict == .timeTrap)
        #expect(finding.windows.count == 1)
        let window = try #require(finding.windows.first)
        let lastGood = try #require(trap.lastGood)
        let upper = try #require(window.notAfter)
        #expect(upper.firstBad.date == (lastGood + 1).date, "\(upper)")
        #expect(upper.lastGood <= lastGood)
        let isInReach = trap.firstGood.map { $0 > subject.earliest } ?? false
        #expect((window.notBefore != nil) == isInReach)
        if let lower = window.notBefore, let firstGood = trap.firstGood {
            #expect(lower.firstGood.date == firstGood.date, "\(lower)")
            #expect(lower.lastBad < firstGood)
        }
        let edges = window.notBefore == nil ? 1 : 2
        #expect(
            report.builds <= 2 + (hasCandidates && !trap.mined.isEmpty ? 12 : 24) * edges, "\(report.builds) builds")
        #expect(finding.runs == report.runs.map(\.id))
    }

    @Test func `a lower edge alone is found from a screening in the past`() throws {
        let trap = try #require(KnownTrap.named("pyopenssl-crl"))
        let subject = Subject.sample(
            release: trap.release.description, screening: ["1995-01-01T00:00:00Z", "2100-01-01T00:00:00Z"])
        let report = SimulatedFarm(seed: 3).investigate(trap.planted(), subject, candidates: trap.mined)
        let finding = try #require(report.finding)
        #expect(finding.verdict == .timeTrap)
        #expect(finding.windows.first?.notAfter == nil)
        #expect(finding.windows.first?.notBefore?.firstGood.date == trap.firstGood?.date)
        #expect(finding.cause == .certificateNotYetValid)
    }

    @Test func `a control after the window's end is no reason to call it broken`() throws {
        let trap = try #require(KnownTrap.named("holidays-iceland"))
        var subject = Subject.sample(release: "2024-05-01T12:00:00Z")
        subject.releases = [trap.release]
        let finding = SimulatedFarm(seed: 5).investigate(trap.planted(), subject, candidates: trap.mined).finding
        #expect(finding?.verdict == .timeTrap)
        #expect(finding?.windows.first?.notBefore?.firstGood.date == CivilDate(firstOf: 2019))
        #expect(finding?.windows.first?.notAfter?.firstBad.date == CivilDate(firstOf: 2020))
    }

    @Test func `dates printed by the log alone lead back into the window`() throws {
        let trap = try #require(KnownTrap.named("toolbelt-x509"))
        var subject = Subject.sample(release: "2024-05-01T12:00:00Z")
        subject.releases = []
        let finding = SimulatedFarm(seed: 5).investigate(trap.planted(), subject, candidates: []).finding
        #expect(finding?.verdict == .timeTrap)
        #expect(finding?.windows.first?.notAfter?.firstBad.date == trap.lastGood?.date)
        #expect(finding?.cause == .certificateExpired)
    }

    @Test(arguments: [
        ("pyopenssl-chain", Cause.certificateExpired), ("cpython-ssl", .certificateExpired),
        ("pymongo-objectid", .y2038),
        ("toolbelt-x509", .certificateExpired), ("django-cookie", .hardCodedDate), ("holidays-iceland", .hardCodedDate),
        ("cpython-strptime", .twoDigitYear), ("stdnum-se", .unknown),
    ])
    func `causes are claimed where log or files say so`(id: String, cause: Cause) throws {
        let trap = try #require(KnownTrap.named(id))
        let subject = Subject.sample(release: trap.release.description)
        let finding = try #require(
            SimulatedFarm(seed: 2).investigate(trap.planted(), subject, candidates: trap.mined).finding)
        #expect(finding.cause == cause)
        #expect((finding.cause == .unknown) == finding.evidence.isEmpty)
    }

    @Test func `failures on leap days are one periodic trap`() throws {
        let trap = try #require(KnownTrap.named("faker-feb29"))
        let subject = Subject.sample(
            release: trap.release.description, screening: ["2100-01-01T00:00:00Z", "2096-02-29T12:00:00Z"])
        let report = SimulatedFarm(seed: 4).investigate(trap.planted(), subject, candidates: [])
        let finding = try #require(report.finding)
        #expect(finding.verdict == .timeTrap)
        #expect(finding.periodic?.rule == "leap-day")
        #expect(finding.cause == .leapDay)
        #expect(report.builds <= 10)
    }

    @Test func `failures after clock changes are one periodic trap`() throws {
        let trap = try #require(KnownTrap.named("timew-dst"))
        let subject = Subject.sample(
            release: trap.release.description, screening: ["2100-01-01T00:00:00Z", "2096-03-12T12:00:00Z"])
        let finding = try #require(SimulatedFarm(seed: 4).investigate(trap.planted(), subject, candidates: []).finding)
        #expect(finding.verdict == .timeTrap)
        #expect(finding.periodic?.rule == "dst")
    }
}
