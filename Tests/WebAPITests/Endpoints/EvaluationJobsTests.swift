// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/evaluations/{evaluation}/jobs")
struct EvaluationJobsTests {
    @Test(arguments: Transport.allCases)
    func `every job has a derivation and what became of it, or an error`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let jobs = try #require(try await site.json("/api/v1/evaluations/1/jobs").array)
            #expect(jobs.count == 6)
            #expect(jobs[0]["verdict"] == "time-trap")
            #expect(jobs[0]["trap"] == 1)
            #expect(jobs[0]["build"] == 1)
            #expect(jobs[4]["state"] == "leased")
            #expect(jobs[5]["error"] == "no such <input>")
            #expect(jobs[5]["derivation"] == nil)
        }
    }

    @Test func `pages lead from one to the next`() async throws {
        try await Site.run { site in
            let first = try await site.get("/api/v1/evaluations/1/jobs?limit=4")
            #expect(first.headers["link"] == "</api/v1/evaluations/1/jobs?limit=4&after=4>; rel=\"next\"")
            let rest = try await site.json("/api/v1/evaluations/1/jobs?limit=4&after=4")
            #expect(rest.array?.map { $0["id"] } == [5, 6])
        }
    }

    @Test func `jobs of an unknown evaluation are not found`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/evaluations/77/jobs", status: 404)
            #expect(problem["status"] == 404)
        }
    }
}
