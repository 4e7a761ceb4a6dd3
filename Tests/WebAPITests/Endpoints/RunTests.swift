// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/runs/{run}")
struct RunTests {
    @Test(arguments: Transport.allCases)
    func `a run comes with its evidence and what its log says`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let run = try await site.json("/api/v1/runs/1")
            #expect(run["outcome"] == "failed")
            #expect(run["evidence"]?["clock"]?["before"] == "2100-01-01T00:00:20Z")
            #expect(run["evidence"]?["memory"] == 1024)
            #expect(run["facts"]?[0]?["kind"] == "certificate-expired")
            #expect(run["worker"] == "here")
        }
    }

    @Test func `what still runs has no outcome, what infrastructure failed has no evidence`() async throws {
        try await Site.run { site in
            let running = try await site.json("/api/v1/runs/8")
            #expect(running["outcome"] == nil)
            #expect(running["evidence"] == .null)
            let lost = try await site.json("/api/v1/runs/9")
            #expect(lost["outcome"] == "infrastructure")
            #expect(lost["reason"] == "guest clock was off")
        }
    }

    @Test(arguments: [("77", 404), ("9007199254740992", 400), ("abc", 400)])
    func `an unknown one is not found`(id: String, status: Int) async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/runs/\(id)", status: status)
            #expect(problem["detail"]?.string?.contains(id) == true)
        }
    }
}
