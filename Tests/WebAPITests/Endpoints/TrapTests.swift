// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/traps/{trap}")
struct TrapTests {
    @Test(arguments: Transport.allCases)
    func `one trap is the object of the list`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let listed = try await site.json("/api/v1/traps")
            for (place, id) in [1, 2, 3].enumerated() {
                let trap = try await site.json("/api/v1/traps/\(id)")
                #expect(trap == listed[place])
            }
        }
    }

    @Test(arguments: [
        ("99", 404), ("x", 400), ("0", 400), ("-1", 400), ("1.5", 400), ("%00", 400), ("99999999999", 400),
    ])
    func `a number that no trap bears is not found, what is no number is refused`(id: String, status: Int) async throws
    {
        try await Site.run { site in
            let problem = try await site.problem("/api/v1/traps/\(id)", status: status)
            #expect(status == 404 || problem["parameter"] == "trap")
        }
    }
}
