// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing
import TimeTravel

@Suite struct ReinvestigationTests {
    @Test func `a closer look keeps the runs and narrows the window`() async throws {
        try await FarmFixture.run { farm in
            let edge = CivilDate(firstOf: 2038).start + 40_000
            let works = { (derivation: String, conditions: Conditions) in
                !derivation.hasSuffix("-library.drv") || conditions.date + 10 < edge
            }
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await farm.settle(works: works)
            let first = try #require(try await farm.database.traps().first)
            let rough = try #require(first.windows.first?.notAfter)

            let id = try await farm.database.investigateAgain(DerivationName("library"), precision: .minute)
            #expect(try await farm.database.follow(investigation: id)?.finding == nil)
            try await farm.settle(works: works)
            let followed = try #require(try await farm.database.follow(investigation: id))
            #expect(followed.package == "library" && followed.finding?.verdict == .timeTrap)
            #expect(Set(followed.runs.map(\.id)).isSuperset(of: first.runs))
            let close = try #require(try await farm.database.traps().first?.windows.first?.notAfter)
            #expect(close.lastGood < edge && close.firstBad >= edge - 10)
            #expect(close.firstBad - close.lastGood < rough.firstBad - rough.lastGood)
            #expect(close.firstBad - close.lastGood <= 120)
        }
    }

    @Test func `what was never investigated cannot be looked at closer`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            await #expect(throws: FarmError.self) {
                try await farm.database.investigateAgain(DerivationName("library"), precision: .minute)
            }
            #expect(try await farm.database.follow(investigation: 1) == nil)
        }
    }
}
