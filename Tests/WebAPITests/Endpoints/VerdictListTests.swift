// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/verdicts")
struct VerdictListTests {
    @Test(arguments: Transport.allCases)
    func `every screened package comes with its verdict, null while there is none`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let verdicts = try #require(try await site.json("/api/v1/verdicts?jobset=demo").array)
            let pairs = verdicts.map { [$0["package"], $0["verdict"]] }
            #expect(pairs.contains(["python-foo", "time-trap"]))
            #expect(pairs.contains(["python-bar", "cpu-trap"]))
            #expect(pairs.contains(["hello", "sound"]))
            #expect(pairs.contains(["slow", .null]))
            #expect(verdicts.count == 5)
            let all = try await site.json("/api/v1/verdicts")
            #expect(all.array == verdicts)
        }
    }

    @Test func `an unknown jobset is not found, and the known ones are named`() async throws {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/verdicts?jobset=dem", status: 404)
            #expect(problem["detail"]?.string?.contains("Known are: demo") == true)
        }
    }
}
