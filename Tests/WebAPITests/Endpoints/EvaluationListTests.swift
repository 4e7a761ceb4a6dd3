// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/evaluations")
struct EvaluationListTests {
    @Test(arguments: Transport.allCases)
    func `evaluations come newest first, each with its builds by state`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let evaluations = try #require(try await site.json("/api/v1/evaluations").array)
            #expect(evaluations.map { $0["id"] } == [3, 2, 1])
            #expect(evaluations.map { $0["state"] } == ["running", "failed", "succeeded"])
            #expect(evaluations[2]["builds"] == ["failed": 3, "succeeded": 1, "leased": 1])
            #expect(evaluations[1]["error"] == "undefined variable 'pkgs'")
        }
    }

    @Test func `pages lead from one to the next`() async throws {
        try await Site.run { site in
            let first = try await site.get("/api/v1/evaluations?jobset=demo&limit=2")
            #expect(first.headers["link"] == "</api/v1/evaluations?jobset=demo&limit=2&before=2>; rel=\"next\"")
            let second = try await site.get("/api/v1/evaluations?jobset=demo&limit=2&before=2")
            #expect(second.headers["link"] == nil)
            #expect(try JSON(decoding: second.body)[0]?["id"] == 1)
        }
    }

    @Test(arguments: [("jobset=no", 404), ("limit=many", 400), ("before=0", 400), ("state=failed", 400)])
    func `wrong parameters are refused`(query: String, status: Int) async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/evaluations?\(query)", status: status)
            #expect(problem["title"]?.string?.isEmpty == false)
        }
    }
}
