// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Testing

@testable import WebAPI

/// What is found by the name of a store item, or by the beginning of a name.
@Suite struct CuirassItemTests {
    private static let hash = "3dq55rw99wdc4g4wblz7xikc8a2jy7a3"

    private func outputs(_ site: Site) async throws {
        _ = try await site.pool.query(
            """
            update derivation set outputs = '{out,doc-html}', output_paths = array[$1 || '-hello-2.12',
              $1 || '-hello-2.12-doc-html'] where name = 'hello-2.12'
            """, [Self.hash])
    }

    @Test(arguments: [("hello-2.12", "out"), ("hello-2.12-doc-html", "doc-html")])
    func `an output has its derivation and its build`(name: String, output: String) async throws {
        try await Site.run { site in
            try await outputs(site)
            let found = try await site.json("/output/\(Self.hash)-\(name)")
            #expect(found["name"] == .string(output))
            #expect(found["derivation"] == .string("/gnu/store/\(try #require(try await site.derivation(7)))"))
            #expect(found["build"]?["id"] == 7)
            let absent = try await site.get("/output/\(Self.hash)-hello-2.13")
            #expect(absent.status == 404 && absent.text.contains("doesn't exist"))
            // A derivation is no output.
            #expect(try await site.get("/output/\(try #require(try await site.derivation(7)))").status == 404)
        }
    }

    @Test func `a log is found by the output and by the derivation`() async throws {
        try await Site.run { site in
            try await outputs(site)
            try site.logs.write("the log of 7\n", run: 7)
            for item in ["\(Self.hash)-hello-2.12", try #require(try await site.derivation(7))] {
                let log = try await site.get("/log/\(item)")
                #expect(log.status == 200 && log.text == "the log of 7\n", "\(item)")
            }
            // Of what failed at first, the run that succeeded.
            try site.logs.write("the log of 3\n", run: 3)
            #expect(try await site.get("/log/\(try #require(try await site.derivation(1)))").text == "the log of 3\n")
            for item in ["\(Self.hash)-none", "no-hash", "..%2f..%2fetc%2fpasswd", "%00"] {
                #expect([400, 404].contains(try await site.get("/log/\(item)").status), "\(item)")
            }
        }
    }

    @Test func `a search finds builds and jobsets by the beginnings of their names`() async throws {
        try await Site.run { site in
            let found = try await site.json("/search?query=python-")
            #expect(found["builds"]?.array?.map { $0["nixname"] } == ["python-bar-2.0", "python-foo-1.2"])
            #expect(found["builds"]?[0]?["project"] == "guix")
            #expect(try await site.json("/search?query=de")["jobsets"] == [["name": "demo"]])
            for query in ["%25", "_", "%5C", "%27", ""] {
                let found = try await site.get("/search?query=\(query)")
                #expect(found.status == 200 && found.text.contains("\"builds\":[]"), "\(query): \(found.text)")
            }
            let page = try await site.get("/search?query=python-foo", ["Accept": "text/html"])
            #expect(page.text.contains("href=\"/traps/1\"") && page.text.contains("href=\"/builds/1\""))
            let attack = try await site.get("/search?query=%3Cimg", ["Accept": "text/html"])
            #expect(attack.text.contains("&lt;img") && !attack.text.contains("<img"))
        }
    }
}
