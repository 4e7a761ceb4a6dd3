// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import TimeTravel

@Suite struct ConditionsTests {
    @Test func `the canonical text names the same conditions`() throws {
        let kernel = try #require(KernelRelease(rawValue: "6.1.0-47-amd64"))
        let conditions = Conditions(date: CivilDate(firstOf: 2100).start, cpu: .baseline, kernel: kernel, cores: 2)
        #expect(conditions.description == "2100-01-01T00:00:00Z x86-64-v1 6.1.0-47-amd64 2")
        #expect(Conditions(conditions.description) == conditions)
        #expect(Conditions("2100-01-01T00:00:00Z x86-64-v1 6.1.0-47-amd64") == nil)
        #expect(Conditions("2100-01-01T00:00:00Z i486 6.1.0-47-amd64 2") == nil)
        #expect(Conditions("2100-01-01T00:00:00Z max 6.1.0-47-amd64 0") == nil)
    }

    @Test func `a processor of its time is never newer than the time`() {
        for model in CPUModel.allCases {
            guard let year = model.releaseYear else { continue }
            #expect(CPUModel.ofTime(CivilDate(firstOf: year).start) >= model)
            #expect((CPUModel.ofTime(CivilDate(firstOf: year).start).releaseYear ?? 0) <= year)
        }
        #expect(CPUModel.ofTime(CivilDate(firstOf: 2010).start) == .westmere)
        #expect(CPUModel.ofTime(CivilDate(firstOf: 2019).start) == .skylakeClient)
        #expect(CPUModel.ofTime(CivilDate(firstOf: 2019).start, among: CPUModel.emulated) == .max)
        #expect(CPUModel.ofTime(CivilDate(firstOf: 1999).start) == .baseline)
        #expect(CPUModel.baseline.qemuArgument == "qemu64,-sse3,-cx16,-ssse3")
        #expect(CPUModel.penryn < .nehalem && .skylakeClient < CPUModel.max)
    }

    @Test func `kernels are ordered by their numbers`() throws {
        let releases = ["6.12.100+deb12-amd64", "6.1.0-47-amd64", "5.10.0-9-amd64", "6.1.0-5-amd64"].compactMap {
            KernelRelease(rawValue: $0)
        }
        #expect(
            releases.sorted().map(\.rawValue) == [
                "5.10.0-9-amd64", "6.1.0-5-amd64", "6.1.0-47-amd64", "6.12.100+deb12-amd64",
            ])
        #expect(KernelRelease(rawValue: "") == nil)
        #expect(KernelRelease(rawValue: "6.1 0") == nil)
    }

    @Test func `axes are the conditions that differ`() {
        let subject = Subject.sample()
        #expect(subject.screening[0].axes(differingFrom: subject.reference) == [.date, .cpu])
        #expect(subject.screening[0].taking(.date, from: subject.reference).date == subject.reference.date)
    }

    @Test func `a trap is written with every key, unknown ones as null`() throws {
        let day = CivilDate(firstOf: 2040).start
        let record = TrapRecord(
            id: 7, package: "python-stdnum", version: "1.20", derivation: "x.drv", verdict: .timeTrap, axis: .date,
            windows: [Window(notBefore: nil, notAfter: .init(lastGood: day - 1, firstBad: day))], periodic: nil,
            cpu: nil,
            cause: .unknown, evidence: [], probability: 0.99, annotation: Annotation(date: day - 86_400),
            revisions: ["abc"],
            runs: [1, 2], status: .open)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(record)
        #expect(
            String(decoding: data, as: UTF8.self) == """
                {"annotation":{"cores":null,"cpu":null,"date":"2039-12-31T00:00:00Z","kernel":null},"axis":"date",\
                "cause":"unknown","cpu":null,"derivation":"x.drv","evidence":[],"id":7,"package":"python-stdnum",\
                "periodic":null,"probability":0.99,"revisions":["abc"],"runs":[1,2],"status":"open","verdict":"time-trap",\
                "version":"1.20","windows":[{"notAfter":{"firstBad":"2040-01-01T00:00:00Z",\
                "lastGood":"2039-12-31T23:59:59Z"},"notBefore":null}]}
                """)
        #expect(try JSONDecoder().decode(TrapRecord.self, from: data) == record)
    }

    @Test func `subjects, runs, candidates and findings come back from JSON as they were`() throws {
        let subject = Subject.sample()
        let run = ObservedRun(
            id: 1, conditions: subject.screening[0], outcome: .timedOut, began: .epoch, ended: .epoch + 5,
            facts: [LogFact(kind: .dates, line: 1, text: "x", instants: [.epoch])])
        let finding = Finding(verdict: .unknown, probability: 0, reason: "none")
        #expect(try JSONDecoder().decode(Subject.self, from: JSONEncoder().encode(subject)) == subject)
        #expect(try JSONDecoder().decode(ObservedRun.self, from: JSONEncoder().encode(run)) == run)
        #expect(
            try JSONDecoder().decode([Candidate].self, from: JSONEncoder().encode(Candidate.wellKnown))
                == Candidate.wellKnown)
        #expect(try JSONDecoder().decode(Finding.self, from: JSONEncoder().encode(finding)) == finding)
    }
}
