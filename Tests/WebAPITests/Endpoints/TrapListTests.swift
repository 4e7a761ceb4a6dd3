// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing
import TimeTravel
import WebAPI

@Suite("GET /api/v1/traps")
struct TrapListTests {
    @Test(arguments: [
        ("certificate", 1), ("pytho", 2), ("PYTHON-BAR", 1), ("expired -certificate", 0), ("%25", 0), ("_", 0),
        ("\\", 0),
    ])
    func `words and parts of a package's name find entries`(words: String, count: Int) async throws {
        try await Site.run { site in
            let found = try await site.json("/api/v1/traps?q=\(words.replacing(" ", with: "%20"))")
            #expect(found.array?.count == count)
        }
    }

    @Test(arguments: Transport.allCases)
    func `it gives every trap as an object of the catalog`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let traps = try #require(try await site.json("/api/v1/traps").array)
            #expect(traps.map { $0["id"] } == [1, 2, 3])
            let records = try await site.database.traps().sorted { $0.id < $1.id }
            #expect(traps == (try records.map { try JSON(decoding: try JSON.encode($0)) }))
        }
    }

    @Test func `every key of the catalog's objects is there, what is open is null`() async throws {
        try await Site.run { site in
            let trap = try #require(try await site.json("/api/v1/traps")[0]?.object)
            #expect(
                trap.keys.sorted() == [
                    "annotation", "axis", "cause", "cpu", "derivation", "evidence", "id", "package", "periodic",
                    "probability", "revisions", "runs", "status", "verdict", "version", "windows",
                ])
            #expect(trap["cpu"] == .null)
            #expect(
                trap["windows"]?[0] == [
                    "notBefore": nil,
                    "notAfter": ["lastGood": "2026-12-31T23:59:59Z", "firstBad": "2027-01-01T00:00:20Z"],
                ])
            #expect(trap["annotation"] == ["date": "2019-05-01T00:00:00Z", "cpu": nil, "kernel": nil, "cores": nil])
            #expect(trap["revisions"] == [.string(String(repeating: "a", count: 40))])
        }
    }

    @Test(arguments: [
        ("package=python-foo", [1]), ("package=python", []), ("axis=cpu", [2]), ("cause=certificate-expired", [1]),
        ("verdict=time-trap", [1, 3]), ("status=open", [1, 2, 3]), ("status=fixed", []),
        ("axis=date&cause=unknown", [3]),
        ("at=2026-12-31T23:59:59Z", [1, 3]), ("at=2027-01-01T00:00:00Z", [3]), ("at=2019-12-31", [1]),
        ("at=2037-01-01T00:00:00%2B01:00", []), ("package=%3Cimg%20src=x+onerror%3Dalert(1)%3E%22'%26", [3]),
    ])
    func `filters let through what they say`(query: String, ids: [Int64]) async throws {
        try await Site.run { site in
            let traps = try #require(try await site.json("/api/v1/traps?\(query)").array)
            #expect(traps.map { $0["id"]?.integer } == ids)
        }
    }

    @Test(arguments: Transport.allCases)
    func `following the Link header gives every trap once`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            var (seen, next, pages) = ([Int64](), Optional("/api/v1/traps?verdict=time-trap&limit=1"), 0)
            while let address = next, pages < 5 {
                let answer = try await site.get(address)
                seen += (try JSON(decoding: answer.body).array ?? []).compactMap { $0["id"]?.integer }
                next = answer.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                #expect(next == nil || answer.headers["link"]?.hasSuffix(">; rel=\"next\"") == true)
                pages += 1
            }
            #expect(seen == [1, 3])
            #expect(pages == 2)
        }
    }

    @Test(arguments: [
        ("axis=time", "axis", "date, cpu, kernel, parallelism"), ("cause=rust", "cause", "y2038"),
        ("verdict=sound", "verdict", "time-trap"), ("status=", "status", "open"), ("at=tomorrow", "at", "2038-01-19"),
        ("limit=0", "limit", "from 1 to 1000"), ("limit=1001", "limit", "from 1 to 1000"),
        ("limit=+5", "limit", "1000"),
        ("after=x", "after", "whole number"), ("after=99999999999", "after", "whole number"),
        ("package=", "package", "1 to 256"), ("axis=cpu&axis=date", "axis", "one value"),
        ("package=%ff", "package", "UTF-8"), ("packag=x", "packag", "package, axis, cause"),
    ])
    func `a wrong parameter is named, with what was expected`(query: String, name: String, hint: String) async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/traps?\(query)", status: 400)
            #expect(problem["parameter"]?.string == name)
            let detail = try #require(problem["detail"]?.string)
            #expect(detail.contains("'\(name)'") && detail.contains(hint), "\(detail)")
        }
    }

    @Test func `an empty catalog is an empty array`() async throws {
        try await Site.run(filling: .nothing) { site in
            let traps = try await site.json("/api/v1/traps")
            #expect(traps == [])
        }
    }
}
