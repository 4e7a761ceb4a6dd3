// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite("GET /metrics")
struct MetricsTests {
    @Test(arguments: Transport.allCases)
    func `Prometheus gets its text format`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let answer = try await site.get(
                "/metrics", ["Accept": "application/openmetrics-text;q=0.5,text/plain;q=0.2"])
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.headers["vary"] == "Accept")
            let lines = answer.text.split(separator: "\n")
            #expect(lines.contains("almanac_builds{state=\"running\"} 1"))
            #expect(lines.contains("almanac_traps 3"))
            for line in lines where !line.hasPrefix("#") {
                #expect(line.wholeMatch(of: /almanac_[a-z_]+(\{state="[a-z]+"\})? [0-9]+/) != nil, "\(line)")
            }
        }
    }

    @Test func `a browser gets a page`() async throws {
        try await Site.run { site in
            let answer = try await site.get("/metrics", ["Accept": "text/html,*/*;q=0.8"])
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            #expect(answer.text.contains("<h1>Metrics</h1>"))
        }
    }
}
