// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

/// The verdicts that are no dated trap, and those of several axes.
@Suite struct VerdictTests {
    private func finding(
        _ trap: PlantedTrap, _ subject: Subject = .sample(), seed: UInt64 = 1, guests: Int = 1
    ) throws -> (Finding, SimulatedFarm.Report) {
        let report = SimulatedFarm(guests: guests, seed: seed).investigate(trap, subject, candidates: [])
        return (try #require(report.finding), report)
    }

    @Test func `a healthy package is sound after one build`() throws {
        let (finding, report) = try finding(PlantedTrap { _, _ in true })
        #expect(finding.verdict == .sound)
        #expect(report.builds == 1)
    }

    @Test func `what never passes is broken, and only after other dates and processors were tried`() throws {
        let (finding, report) = try finding(PlantedTrap { _, _ in false })
        #expect(finding.verdict == .broken)
        #expect(finding.cause == .unknown)
        #expect(report.builds <= 8)
        #expect(Set(report.runs.map(\.conditions.date)).count >= 3)
        #expect(Set(report.runs.map(\.conditions.cpu)).count >= 2)
    }

    @Test func `builds that all run out of time have no verdict`() throws {
        var investigation = Investigation(subject: .sample())
        var number: Int64 = 0
        while case .build(let conditions) = investigation.next(free: 1, inFlight: []), number < 100 {
            for each in conditions {
                number += 1
                investigation.record(
                    ObservedRun(
                        id: number, conditions: each, outcome: .timedOut, began: each.date, ended: each.date + 3_600))
            }
        }
        guard case .concluded(let finding) = investigation.next(free: 1, inFlight: []) else {
            Issue.record("no conclusion")
            return
        }
        #expect(finding.verdict == .unknown)
        #expect(finding.reason.contains("time"))
    }

    @Test(arguments: [0.25, 1.0 / 12], [UInt64(1), 2, 3, 4, 5, 6])
    func `a flaky package is flaky or sound, and never a trap`(rate: Double, seed: UInt64) throws {
        let (finding, _) = try finding(PlantedTrap(flakeRate: rate) { _, _ in true }, seed: seed)
        #expect([.flaky, .sound].contains(finding.verdict))
    }

    @Test func `packages whose first build fails by chance are flaky, seldom anything else, and cost little`() throws {
        let flaky = PlantedTrap(flakeRate: 0.3) { _, _ in true }
        let seeds = (UInt64(1)...200).filter { seed in
            flaky.run(1, Subject.sample().screening[0], attempt: 0, seed: seed).outcome == .failed
        }
        #expect(seeds.count > 40)
        var builds = 0
        var flakyCount = 0
        for seed in seeds {
            let (finding, report) = try finding(flaky, seed: seed)
            builds += report.builds
            if finding.verdict == .flaky {
                flakyCount += 1
                #expect(finding.flakeRate > 0)
            }
        }
        #expect(Double(flakyCount) >= 0.95 * Double(seeds.count), "\(flakyCount) of \(seeds.count)")
        #expect(builds <= 16 * seeds.count, "\(builds) builds for \(seeds.count) packages")
    }

    @Test(arguments: [0.125, 0.3])
    func `of packages that fail by chance and are screened at four instants, hardly one is called a trap`(
        rate: Double
    ) throws {
        let flaky = PlantedTrap(flakeRate: rate) { _, _ in true }
        let subject = Subject.sample(screening: [
            "2100-01-01T00:00:00Z", "2096-02-29T12:00:00Z", "2096-03-12T12:00:00Z", "2013-01-01T00:00:00Z",
        ])
        let verdicts = try (UInt64(1)...300).map { try finding(flaky, subject, seed: $0, guests: 2).0.verdict }
        let traps = verdicts.count(where: \.isTrap)
        #expect(traps <= 3, "\(traps) of \(verdicts.count)")
        #expect(verdicts.count { $0 == .flaky } > 90)
    }

    private static let needsNehalem = PlantedTrap(facts: { _, _ in
        LogMiner.facts(in: Array("Illegal instruction (core dumped)".utf8))
    }) { _, conditions in conditions.cpu >= .nehalem }

    @Test(arguments: [1, 4])
    func `a processor trap is found between its two models`(guests: Int) throws {
        let (finding, report) = try finding(Self.needsNehalem, guests: guests)
        #expect(finding.verdict == .cpuTrap)
        #expect(finding.axis == .cpu)
        #expect(finding.cpu == CPUEdge(lastBad: .penryn, firstGood: .nehalem))
        #expect(finding.cause == .illegalInstruction)
        #expect(finding.annotation == Annotation(cpu: .nehalem))
        #expect(finding.windows.isEmpty)
        #expect(report.builds <= 10)
    }

    @Test func `a processor trap whose log says nothing is told from a date trap`() throws {
        let (finding, report) = try finding(PlantedTrap { _, conditions in conditions.cpu >= .westmere })
        #expect(finding.verdict == .cpuTrap)
        #expect(finding.cpu == CPUEdge(lastBad: .nehalem, firstGood: .westmere))
        #expect(finding.cause == .unknown)
        #expect(report.builds <= 14)
    }

    @Test func `a failure that needs both the date and the processor is a conjunction`() throws {
        let edge = CivilDate(firstOf: 2060).start
        let (finding, _) = try finding(
            PlantedTrap { instant, conditions in instant < edge || conditions.cpu >= .nehalem })
        #expect(finding.verdict == .combinedTrap)
        #expect(finding.interaction == .conjunction)
        #expect(Set(finding.axes) == [.date, .cpu])
        #expect(finding.windows.first?.notAfter?.firstBad.date == edge.date)
        #expect(finding.cpu == CPUEdge(lastBad: .penryn, firstGood: .nehalem))
    }

    @Test func `two traps in one package are told from a conjunction`() throws {
        let edge = CivilDate(firstOf: 2060).start
        let (finding, _) = try finding(
            PlantedTrap { instant, conditions in instant < edge && conditions.cpu >= .nehalem })
        #expect(finding.verdict == .combinedTrap)
        #expect(finding.interaction == .independent)
        #expect(finding.windows.first?.notAfter?.firstBad.date == edge.date)
        #expect(finding.cpu == CPUEdge(lastBad: .penryn, firstGood: .nehalem))
    }

    @Test func `a build that fails on several cores alone is a parallelism trap`() throws {
        let (finding, _) = try finding(PlantedTrap { _, conditions in conditions.cores == 1 }, .sample(cores: 4))
        #expect(finding.verdict == .parallelismTrap)
        #expect(finding.cause == .parallelism)
        #expect(finding.annotation == Annotation(cores: 1))
    }

    @Test func `a build that fails under one kernel is a kernel trap`() throws {
        let old = try #require(KernelRelease(rawValue: "6.1.0-47-amd64"))
        var subject = Subject.sample()
        subject.kernels = [.simulated, old]
        let (finding, _) = try finding(PlantedTrap { _, conditions in conditions.kernel == old }, subject)
        #expect(finding.verdict == .kernelTrap)
        #expect(finding.annotation == Annotation(kernel: old))
    }

    @Test func `several screening dates are all tried before a package is sound`() throws {
        let subject = Subject.sample(screening: ["2100-01-01T00:00:00Z", "2096-02-29T12:00:00Z"])
        let (finding, report) = try finding(PlantedTrap { _, _ in true }, subject)
        #expect(finding.verdict == .sound)
        #expect(report.builds == 2)
    }
}
