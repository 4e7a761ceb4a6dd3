// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Testing

/// The running server, asked by schemathesis what its own OpenAPI document allows and what it does not.
@Suite(.enabled(if: CheckTools.isThere("schemathesis"), "needs what ops/check-tools installs"))
struct SchemathesisEndToEndTests {
    @Test(.timeLimit(.minutes(15)))
    func `schemathesis finds nothing`() async throws {
        try await Site.run(over: .socket) { site in
            let port = try #require(site.port)
            for run in 1...9 { try site.logs.write("one\ntwo\n", run: Int64(run)) }
            let token = try await site.token(.trigger, .annotate, .admin)
            let ended = try await CheckTools.run(
                "schemathesis",
                [
                    "run", "http://127.0.0.1:\(port)/api/v1/openapi.json", "--header", "Authorization: Bearer \(token)",
                    "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--checks", "all",
                    "--no-color", "--generation-database", "none", "--suppress-health-check", "all",
                ], in: site.logs)
            #expect(ended.isSuccess, "\(ended.output.suffix(20_000))\n\(ended.errors.suffix(2_000))")
        }
    }
}
