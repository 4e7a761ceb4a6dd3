// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Testing

@testable import WebAPI

@Suite("GET /api/v1/traps.csv and traps.jsonl")
struct CatalogExportTests {
    @Test(arguments: Transport.allCases)
    func `JSON Lines are the objects of the list`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let answer = try await site.get("/api/v1/traps.jsonl")
            #expect(answer.headers["content-type"] == "application/jsonl; charset=utf-8")
            let lines = answer.text.split(separator: "\n").map { Array($0.utf8) }
            let listed = try await site.json("/api/v1/traps").array
            #expect(try lines.map { try JSON(decoding: $0) } == listed)
            let filtered = try await site.get("/api/v1/traps.jsonl?axis=cpu")
            #expect(filtered.text.split(separator: "\n").count == 1)
        }
    }

    @Test(arguments: Transport.allCases)
    func `the table has a line of heads and one for each trap`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let answer = try await site.get("/api/v1/traps.csv")
            #expect(answer.headers["content-type"] == "text/csv; charset=utf-8")
            let lines = answer.text.split(separator: "\r\n")
            #expect(lines.count == 4)
            #expect(lines[0].hasPrefix("\"id\",\"package\",\"version\",\"derivation\""))
            #expect(lines[1].contains("\"python-foo\",\"1.2\"") && lines[1].contains("\"2027-01-01T00:00:20Z\""))
            #expect(lines[3].contains("\"<img src=x onerror=alert(1)>\"\"'&\""))
            #expect(Set(lines.map { $0.split(separator: "\",\"", omittingEmptySubsequences: false).count }).count == 1)
        }
    }

    @Test func `more entries than are read at once all come, once`() async throws {
        try await Site.run { site in
            try await site.pool.execute(
                script: """
                    insert into derivation (hash, name, system, is_fixed, inputs, outputs, output_paths)
                    select decode(lpad(to_hex(n), 40, 'f'), 'hex'), 'p-' || n, 's', false, '{}', '{}', '{}'
                    from generate_series(100, 1300) n;
                    insert into trap (derivation_id, investigation_id, package, version, verdict, axis, cause, windows,
                                      evidence, probability, runs)
                    select id, 1, name, '1', 'time-trap', 'date', 'unknown', '[]', '[]', 1, '{}'
                    from derivation where system = 's';
                    """)
            let lines = try await site.get("/api/v1/traps.jsonl").text.split(separator: "\n")
            let ids = try lines.map { try JSON(decoding: Array($0.utf8))["id"]?.integer }
            #expect(ids.count == 1_204)
            #expect(Set(ids).count == 1_204)
        }
    }

    @Test(arguments: ["=1+1", "+1", "-1", "@x", "\tx"])
    func `what a spreadsheet would take for a formula is made text`(field: String) {
        #expect(String(decoding: CommaSeparated.line([field]), as: UTF8.self) == "\"'\(field)\"\r\n")
    }

    @Test func `quotes, commas and line ends stay within a field`() {
        let line = String(decoding: CommaSeparated.line(["a\"b", "c,d", "e\nf"]), as: UTF8.self)
        #expect(line == "\"a\"\"b\",\"c,d\",\"e\nf\"\r\n")
    }
}
