// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/evaluations/{evaluation}")
struct EvaluationTests {
    @Test(arguments: Transport.allCases)
    func `it gives one evaluation as the list does`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let listed = try await site.json("/api/v1/evaluations")
            let evaluation = try await site.json("/api/v1/evaluations/2")
            #expect(evaluation == listed[1])
            #expect(evaluation["subject"] == "<i>two</i>")
        }
    }

    @Test func `an unknown one is not found`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/evaluations/77", status: 404)
            #expect(problem["detail"]?.string?.contains("77") == true)
        }
    }
}
