// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Postgres
import Testing

@testable import WebAPI

@Suite("GET /api/v1/edges.ics")
struct EdgeCalendarTests {
    @Test(arguments: Transport.allCases)
    func `coming edges are events of one day, soonest first`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let answer = try await site.get("/api/v1/edges.ics")
            #expect(answer.headers["content-type"] == "text/calendar; charset=utf-8")
            let lines = answer.text.components(separatedBy: "\r\n")
            #expect(lines.first == "BEGIN:VCALENDAR" && lines.suffix(2) == ["END:VCALENDAR", ""])
            #expect(
                lines.filter { $0.hasPrefix("DTSTART") } == [
                    "DTSTART;VALUE=DATE:20270101", "DTSTART;VALUE=DATE:20380119",
                ])
            #expect(lines.contains("SUMMARY:python-foo 1.2 stops to build"))
            #expect(lines.allSatisfy { $0.utf8.count <= 75 })
        }
    }

    @Test func `long and hostile names are folded and escaped, and unfold to themselves`() async throws {
        try await Site.run { site in
            let name = "a;b,c\\d\u{1b}ü" + String(repeating: "ü€", count: 60)
            _ = try await site.pool.query("update trap set package = $1 where id = 1", [name])
            let text = try await site.get("/api/v1/edges.ics").text
            #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 75 })
            let unfolded = text.replacing("\r\n ", with: "")
            #expect(unfolded.contains("SUMMARY:a\\;b\\,c\\\\dü" + String(repeating: "ü€", count: 60) + " 1.2 stops"))
        }
    }

    @Test func `without edges it is an empty calendar`() async throws {
        try await Site.run(filling: .nothing) { site in
            let text = try await site.get("/api/v1/edges.ics").text
            #expect(text.hasSuffix("END:VCALENDAR\r\n") && !text.contains("VEVENT"))
        }
    }
}
