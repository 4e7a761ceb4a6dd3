// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/builds/{build}")
struct BuildTests {
    @Test(arguments: Transport.allCases)
    func `it gives one build with its runs`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let build = try await site.json("/api/v1/builds/5")
            #expect(build["runs"] == [5, 9])
            #expect(build["verdict"] == "cpu-trap")
            #expect(build["error"] == "<u>boom</u>")
        }
    }

    @Test func `an unknown one is not found`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/builds/77", status: 404)
            #expect(problem["detail"]?.string?.contains("77") == true)
        }
    }
}
