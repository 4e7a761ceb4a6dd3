// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Testing
import WebAPI

@Suite struct LiveLogTests {
    @Test(arguments: Transport.allCases)
    func `a log that has ended comes as events, its outcome last`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            try site.logs.write("one\r\ntwo\nevent: fake\n", run: 1)
            let answer = try await site.get("/api/v1/runs/1/events")
            #expect(answer.headers["content-type"] == "text/event-stream")
            #expect(answer.text.contains("id: 21\ndata: one\u{fffd}\ndata: two\ndata: event: fake\ndata: \n\n"))
            #expect(answer.text.hasSuffix("event: end\ndata: failed\n\n"))
        }
    }

    @Test func `who comes back goes on where it was`() async throws {
        try await Site.run { site in
            try site.logs.write("0123456789", run: 1)
            let rest = try await site.get("/api/v1/runs/1/events", ["Last-Event-ID": "4"])
            #expect(rest.text.contains("data: 456789\n"))
            #expect(try await site.get("/api/v1/runs/1/events?from=8").text.contains("data: 89\n"))
            #expect(try await !site.get("/api/v1/runs/1/events?from=10").text.contains("id:"))
        }
    }

    @Test func `a log is followed until its run ends`() async throws {
        try await Site.run { site in
            try site.logs.writeUnfinished("first\n", run: 8)
            async let followed = site.get("/api/v1/runs/8/events")
            _ = try await site.pool.query(
                "update run set outcome = 'infrastructure', reason = 'x', finished = now() where id = 8")
            let text = try await followed.text
            #expect(text.ranges(of: "data: first").count == 1)
            #expect(text.hasSuffix("event: end\ndata: infrastructure\n\n"))
        }
    }
}
