// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Testing
import WebAPI

@Suite("GET /healthz")
struct HealthTests {
    @Test(arguments: Transport.allCases)
    func `a server whose database answers is well`(transport: Transport) async throws {
        try await Site.run(over: transport, filling: .nothing) { site in
            let health = try await site.json("/healthz")
            #expect(health == ["status": "ok"])
        }
    }

    @Test(arguments: Transport.allCases)
    func `without its database it is unavailable, and so is what needs the database`(transport: Transport) async throws {
        try await Site.run(over: transport, filling: .nothing) { site in
            let document = try await Description.of(site)
            await site.pool.close()
            for path in ["/healthz", "/api/v1/traps", "/api/v1/progress"] {
                let answer = try await site.get(path)
                #expect(answer.status == 503)
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.headers["retry-after"] == "5")
                try document.check(try JSON(decoding: answer.body), is: "#/components/schemas/Problem")
            }
        }
    }
}
