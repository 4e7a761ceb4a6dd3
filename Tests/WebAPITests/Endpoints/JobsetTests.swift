// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/jobsets/{name}")
struct JobsetTests {
    @Test(arguments: Transport.allCases)
    func `it gives the jobset of the name`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let jobset = try await site.json("/api/v1/jobsets/demo")
            #expect(jobset["description"] == "Three revisions & <b>more</b>")
            let escaped = try await site.json("/api/v1/jobsets/d%65mo")
            #expect(escaped == jobset)
        }
    }

    @Test(arguments: [("no", 404), ("%2e%2e%2fetc", 404), ("%ff", 400), ("%0a", 400)])
    func `a name that no jobset bears is not found`(name: String, status: Int) async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/jobsets/\(name)", status: status)
            #expect(problem["detail"]?.string?.isEmpty == false)
        }
    }
}
