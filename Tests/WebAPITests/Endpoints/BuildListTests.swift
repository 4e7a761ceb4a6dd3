// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/builds")
struct BuildListTests {
    @Test(arguments: Transport.allCases)
    func `builds come newest first`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let builds = try #require(try await site.json("/api/v1/builds").array)
            #expect(builds.map { $0["id"] } == [9, 8, 7, 6, 5, 4, 3, 2, 1])
            #expect(builds[8]["conditions"]?["date"] == "2100-01-01T00:00:00Z")
            #expect(builds[8]["isScreening"] == true)
            #expect(builds[0]["pendingInputs"] == 1)
        }
    }

    @Test func `a derivation is found by its name, its base name and its store path`() async throws {
        try await Site.run { site in
            let base = try #require(try await site.json("/api/v1/builds/1")["derivation"]?.string)
            let withoutEnding = String(base.dropLast(4))
            for name in ["python-foo-1.2", "python-foo-1.2.drv", base, withoutEnding, "%2Fgnu%2Fstore%2F\(base)"] {
                let builds = try await site.json("/api/v1/builds?derivation=\(name)")
                #expect(builds.array?.map { $0["id"] } == [4, 3, 2, 1], "\(name)")
            }
            let none = try await site.json("/api/v1/builds?derivation=python-foo")
            #expect(none == [])
        }
    }

    @Test(arguments: [
        ("state=leased", [8]), ("state=failed&limit=2", [6, 5]), ("state=failed&before=5", [4, 1]), ("before=1", []),
    ])
    func `states and cursors choose`(query: String, ids: [Int64]) async throws {
        try await Site.run { site in
            let builds = try await site.json("/api/v1/builds?\(query)")
            #expect(builds.array?.map { $0["id"]?.integer } == ids)
        }
    }

    @Test(arguments: [("state=running", "leased"), ("before=-3", "whole number"), ("derivation=", "1 to 256")])
    func `a wrong parameter is named, with what was expected`(query: String, hint: String) async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/builds?\(query)", status: 400)
            #expect(problem["detail"]?.string?.contains(hint) == true)
        }
    }
}
