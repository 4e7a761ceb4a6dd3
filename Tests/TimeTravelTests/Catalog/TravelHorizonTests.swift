// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

@Suite struct TravelHorizonTests {
    private func trap(
        _ id: Int, _ windows: [(from: String?, until: String?)] = [], axis: Axis = .date, periodic: Periodicity? = nil,
        annotation: Annotation = Annotation(), status: TrapRecord.Status = .open
    ) throws -> TrapRecord {
        let day = { (text: String) in try #require(CivilDate(text)).start }
        return TrapRecord(
            id: id, package: "package-\(id)", version: "1", derivation: "d",
            verdict: axis == .date ? .timeTrap : .cpuTrap,
            axis: axis,
            windows: try windows.map { window in
                Window(
                    notBefore: try window.from.map { .init(lastBad: try day($0) - 60, firstGood: try day($0)) },
                    notAfter: try window.until.map { .init(lastGood: try day($0), firstBad: try day($0) + 60) })
            }, periodic: periodic, cpu: nil, cause: .unknown, evidence: [], probability: 1, annotation: annotation,
            revisions: [], runs: [], status: status)
    }

    private func text(_ horizon: TravelHorizon) -> [String] {
        horizon.spans.map { span in
            let end = { (limit: TravelHorizon.Limit?) in limit.map { "\($0.instant.date) by \($0.trap)" } ?? "open" }
            return "\(end(span.notBefore)) … \(end(span.notAfter))"
        }
    }

    @Test func `without traps every date is good`() {
        #expect(text(TravelHorizon(of: [])) == ["open … open"])
    }

    @Test func `the narrowest window on each side decides, and is named`() throws {
        let horizon = TravelHorizon(of: [
            try trap(1, [("2010-01-01", "2030-01-01")]), try trap(2, [(nil, "2024-08-25")]),
            try trap(3, [("2017-06-11", "2038-01-19")]),
        ])
        #expect(text(horizon) == ["2017-06-11 by 3 … 2024-08-25 by 2"])
    }

    @Test func `several windows give several spans, ascending`() throws {
        let horizon = TravelHorizon(of: [
            try trap(1, [("2030-01-01", nil), (nil, "2020-01-01")]), try trap(2, [("2015-01-01", "2035-01-01")]),
        ])
        #expect(text(horizon) == ["2015-01-01 by 2 … 2020-01-01 by 1", "2030-01-01 by 1 … 2035-01-01 by 2"])
    }

    @Test func `windows that exclude each other leave no date, and the two are named`() throws {
        let traps = [
            try trap(1, [(nil, "2038-01-19")]), try trap(2, [(nil, "2020-01-01")]), try trap(3, [("2021-01-01", nil)]),
        ]
        #expect(TravelHorizon(of: traps).spans.isEmpty)
        #expect(TravelHorizon.conflict(in: traps).map(\.id) == [2, 3])
        #expect(TravelHorizon.conflict(in: Array(traps.prefix(2))).isEmpty)
    }

    @Test func `rules and other axes are told apart from the spans`() throws {
        let horizon = TravelHorizon(of: [
            try trap(1, periodic: Periodicity(rule: "leap-day", description: "")),
            try trap(2, axis: .cpu, annotation: Annotation(cpu: .nehalem)),
        ])
        #expect(text(horizon) == ["open … open"])
        #expect(horizon.exceptions.map(\.rule) == ["leap-day"])
        #expect(horizon.requirements.map(\.annotation) == [Annotation(cpu: .nehalem)])
    }

    @Test func `what is disputed counts for nothing`() throws {
        #expect(text(TravelHorizon(of: [try trap(1, [(nil, "2020-01-01")], status: .disputed)])) == ["open … open"])
    }
}
