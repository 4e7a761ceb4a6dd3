// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/jobsets")
struct JobsetListTests {
    @Test(arguments: Transport.allCases)
    func `it lists the loaded jobsets`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let jobsets = try await site.json("/api/v1/jobsets")
            #expect(jobsets.array?.count == 1)
            #expect(jobsets[0]?["name"] == "demo")
            #expect(jobsets[0]?["engine"] == "nix")
            #expect(jobsets[0]?["evaluations"] == 3)
            #expect(jobsets[0]?["latestEvaluation"] == 3)
        }
    }

    @Test func `without jobsets it is an empty array`() async throws {
        try await Site.run(filling: .nothing) { site in
            let jobsets = try await site.json("/api/v1/jobsets")
            #expect(jobsets == [])
        }
    }
}
