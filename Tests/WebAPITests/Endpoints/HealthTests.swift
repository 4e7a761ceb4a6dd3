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
    func `without its database it is unavailable, and so is what needs the database`(transport: Transport) async throws
    {
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

    @Test func `a database that is too busy to answer is not waited for`() async throws {
        try await Site.run(filling: .nothing) { site in
            try await site.lending(site.pool.limits.connections) {
                let answer = try await site.get("/healthz")
                #expect(answer.status == 503)
            }
            let health = try await site.json("/healthz")
            #expect(health == ["status": "ok"])
        }
    }
}

extension Site {
    /// Runs `body` while that many of the pool's connections are lent to others.
    fileprivate nonisolated(nonsending) func lending(
        _ count: Int, _ body: nonisolated(nonsending) () async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body() }
        try await pool.withConnection { _ in try await lending(count - 1, body) }
    }
}
