// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing
import TimeTravel

@Suite struct RepeatedScreeningTests {
    @Test func `a package that may fail by chance is sound only after all its runs`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "flaky", "other"], repeats: ["flaky": 3])
            try await farm.fetchSource()
            for _ in 1...2 {
                try await farm.finish(try await farm.claim(), .succeeded)
                #expect(try await farm.states("flaky") == ["ready"])
            }
            let verdicts = try await farm.database.verdictRecords()
            #expect(verdicts.map(\.verdict) == [nil, nil])
            // What needs it does not wait for the repeats.
            #expect(try await farm.states("other") == ["ready"])
            let claims = try await farm.database.claim(worker: farm.worker, count: 9)
            for claim in claims { try await farm.finish(claim, .succeeded) }
            #expect(try await farm.states("flaky") == ["succeeded"])
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [.sound, .sound])
        }
    }

    @Test func `repeats asked for later are made then`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "flaky"])
            try await farm.fetchSource()
            try await farm.finish(try await farm.claim(), .succeeded)
            #expect(try await farm.states("flaky") == ["succeeded"])
            try await farm.evaluate(["source", "flaky"], commit: 2, repeats: ["flaky": 2])
            #expect(try await farm.states("flaky") == ["ready"])
            try await farm.finish(try await farm.claim(), .failed)
            #expect(try await farm.database.openInvestigations().count == 1)
        }
    }
}
