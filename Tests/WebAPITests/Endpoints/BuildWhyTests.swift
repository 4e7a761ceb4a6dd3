// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/builds/{build}/why")
struct BuildWhyTests {
    @Test(arguments: Transport.allCases)
    func `it says what a build waits for, in words and in fields`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            for build in try await site.json("/api/v1/builds").array ?? [] {
                let id = try #require(build["id"]?.integer)
                let why = try await site.json("/api/v1/builds/\(id)/why")
                #expect(why["state"] == build["state"])
                #expect(why["reasons"]?.array?.isEmpty == false)
                #expect((why["lease"] != nil) == (build["state"] == "leased"))
            }
        }
    }

    @Test func `an unknown one is not found`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/builds/77/why", status: 404)
            #expect(problem["detail"]?.string?.contains("77") == true)
        }
    }
}
