// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/progress")
struct ProgressTests {
    @Test(arguments: Transport.allCases)
    func `it counts everything`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let progress = try await site.json("/api/v1/progress")
            #expect(progress["evaluationsDone"] == 1)
            #expect(progress["evaluationsFailed"] == 1)
            #expect(progress["buildsRunning"] == 1)
            #expect(progress["investigationsOpen"] == 1)
            #expect(progress["traps"] == 3)
        }
    }
}
