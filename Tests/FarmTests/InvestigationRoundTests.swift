// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Logging
import Postgres
import Testing
import TimeTravel

@Suite struct InvestigationRoundTests {
    /// Works off everything, `library` building exactly when `works` says so.
    private func settle(
        _ farm: FarmFixture, crashes: Bool = false, works: (Conditions) -> Bool
    ) async throws {
        try await farm.settle(crashes: crashes) { derivation, conditions in
            !derivation.hasSuffix("-library.drv") || works(conditions)
        }
    }

    private let edge = CivilDate(firstOf: 2038).start

    @Test(arguments: [false, true])
    func `a failed screening becomes a trap with its window, and its dependents are still screened`(
        crashes: Bool
    ) async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await settle(farm, crashes: crashes) { $0.date + 10 < edge }

            let trap = try #require(try await farm.database.traps().first)
            #expect(trap.package == "library" && trap.axis == .date && trap.verdict == .timeTrap)
            let window = try #require(trap.windows.first?.notAfter)
            #expect(window.lastGood < edge && window.firstBad >= edge)
            #expect(window.lastGood.date == (edge - 1).date || window.firstBad.date == edge.date)
            #expect(trap.revisions == [String(repeating: "1", count: 40)])
            let date = try #require(trap.annotation.date)
            #expect(date < edge)
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [.timeTrap, .sound])
        }
    }

    @Test func `what builds nowhere is broken, and what needs it cannot be screened`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await settle(farm) { _ in false }
            #expect(try await farm.database.traps().isEmpty)
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [.broken, nil])
            #expect(try await farm.states("program") == ["dependency-failed"])
        }
    }

    @Test func `a first evaluation alerts nobody, a later one once per target`() async throws {
        let alerts = "alerts: [{webhook: \"http://127.0.0.1:9/hook\", secret: {environment: SAMPLE_SECRET}}]"
        try await FarmFixture.run(alerts: alerts) { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await settle(farm) { $0.date + 10 < edge }
            #expect(try await farm.database.dueAlerts().isEmpty)
        }
        try await FarmFixture.run(alerts: alerts) { farm in
            try await farm.evaluate(["source", "library"], cause: "schedule")
            try await farm.fetchSource()
            try await settle(farm) { $0.date + 10 < edge }
            let due = try await farm.database.dueAlerts()
            #expect(due.count == 1)
            let text = String(decoding: due.first?.payload.bytes ?? [], as: UTF8.self)
            #expect(text.contains("\"kind\": \"new-trap\"") && text.contains("\"package\": \"library\""))
        }
    }
}
