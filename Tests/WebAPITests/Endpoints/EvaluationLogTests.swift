// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/evaluations/{evaluation}/log")
struct EvaluationLogTests {
    @Test(arguments: Transport.allCases)
    func `the log is plain text that no browser takes for a page`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let answer = try await site.get("/api/v1/evaluations/2/log")
            #expect(answer.status == 200)
            #expect(answer.text == "evaluating\n<script>alert(2)</script>\nerror: undefined variable")
            #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            let silent = try await site.get("/api/v1/evaluations/1/log")
            #expect(silent.status == 200)
            #expect(silent.body.isEmpty)
        }
    }

    @Test func `the log of an unknown evaluation is not found`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/evaluations/77/log", status: 404)
            #expect(problem["status"] == 404)
        }
    }
}
