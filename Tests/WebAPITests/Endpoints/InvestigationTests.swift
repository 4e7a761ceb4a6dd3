// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/investigations/{investigation}")
struct InvestigationTests {
    @Test(arguments: Transport.allCases)
    func `every step is there, in order, with its runs`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let investigation = try await site.json("/api/v1/investigations/1")
            #expect(investigation["state"] == "concluded")
            #expect(investigation["trap"] == 1)
            #expect(investigation["finding"]?["verdict"] == "time-trap")
            #expect(investigation["candidates"]?.array?.count == 1)
            let steps = try #require(investigation["steps"]?.array)
            #expect(steps.map { $0["build"] } == [2, 3, 4])
            #expect(steps.map { $0["runs"] } == [[2], [3], [4]])
            #expect(steps[2]["conditions"]?["date"] == "2027-01-01T00:00:00Z")
        }
    }

    @Test func `one that has only begun has no steps and no finding`() async throws {
        try await Site.run { site in
            let investigation = try await site.json("/api/v1/investigations/3")
            #expect(investigation["state"] == "open")
            #expect(investigation["steps"] == [])
            #expect(investigation["finding"] == nil)
        }
    }

    @Test func `an unknown one is not found`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/investigations/77", status: 404)
            #expect(problem["detail"]?.string?.contains("77") == true)
        }
    }
}
