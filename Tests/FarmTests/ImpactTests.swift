// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing
import TimeTravel

@Suite struct ImpactTests {
    /// `library` works until `edge`; `program` uses it, `base` does not.
    private func settled(_ farm: FarmFixture, edge: Instant) async throws {
        try await farm.evaluate(["source", "base", "library", "program", "suite"])
        try await farm.fetchSource()
        try await farm.settle { derivation, conditions in
            !derivation.hasSuffix("-library.drv") || conditions.date + 10 < edge
        }
    }

    @Test func `a trap's dependents are counted in every revision that has it`() async throws {
        try await FarmFixture.run { farm in
            try await settled(farm, edge: CivilDate(firstOf: 2038).start)
            try await farm.evaluate(["source", "base", "library", "program", "suite"], commit: 2)
            let trap = try #require(try await farm.database.traps().first)
            let impact = try await farm.database.impact(ofTrap: trap.id)
            #expect(impact.map(\.dependents) == [2, 2])
            #expect(impact.map(\.jobs) == [2, 2])
            #expect(Set(impact.map { $0.commit.prefix(1) }) == ["1", "2"])
            await #expect(throws: FarmError.self) { try await farm.database.impact(ofTrap: trap.id + 1) }
        }
    }

    @Test func `the horizon of a revision ends where its narrowest trap does, a package's where its own inputs do`()
        async throws
    {
        try await FarmFixture.run { farm in
            let edge = CivilDate(firstOf: 2038).start
            try await settled(farm, edge: edge)
            let whole = try #require(try await farm.database.horizons(jobset: "sample").first)
            #expect(whole.derivations == 4 && whole.unknown == 0 && whole.lost == 0)
            let limit = try #require(whole.horizon.spans.first?.notAfter)
            #expect(limit.package == "library" && limit.instant < edge)
            #expect(whole.horizon.spans.first?.notBefore == nil)
            let base = try #require(try await farm.database.horizons(jobset: "sample", package: "base").first)
            #expect(base.derivations == 1)
            #expect(base.horizon.spans.first?.notAfter == nil)
            let suite = try #require(
                try await farm.database.horizons(jobset: "sample", commit: "111", package: "suite").first)
            #expect(suite.derivations == 4)
            #expect(suite.horizon.spans.first?.notAfter == limit)
            #expect(try await farm.database.horizons(jobset: "sample", commit: "2").isEmpty)
            #expect(try await farm.database.horizons(jobset: "sample", package: "none").isEmpty)
        }
    }
}
