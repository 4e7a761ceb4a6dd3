// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import Testing
import TimeTravel

/// What is kept of how many builds, runs and sources there are, beside what the tables say.
@Suite struct CountTests {
    /// Counts that differ, as "what state: kept, found".
    private func mistakes(_ farm: FarmFixture) async throws -> [String] {
        try await farm.database.pool.query(
            """
            select format('%s %s: %s, %s', what, state, coalesce(c.n, 0), coalesce(a.n, 0)) mistake
            from counted c full join counted_anew a using (what, state) where coalesce(c.n, 0) <> coalesce(a.n, 0)
            """
        ).map { try $0.decode("mistake") }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `whatever happens, the counts are those of the tables`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        try await FarmFixture.run { farm in
            for step in 1...60 {
                switch Int.random(in: 0..<9, using: &random) {
                case 0:
                    let names = ["source"] + (0..<Int.random(in: 1...4, using: &random)).map { "package-\($0)" }
                    try await farm.evaluate(names, commit: Int.random(in: 1...9, using: &random))
                case 1: if (try? await farm.fetchSource()) == nil { continue }
                case 2:
                    guard let source = try await farm.database.claimSources(count: 1).first else { continue }
                    try await farm.database.sourceLost(source.derivation, name: "source", error: "nobody has it")
                case 3...5:
                    for claim in try await farm.database.claim(worker: farm.worker, count: 2) where step % 7 > 0 {
                        let outcomes: [Outcome] = [.succeeded, .succeeded, .failed, .infrastructure]
                        try await farm.finish(claim, outcomes[Int.random(in: 0..<4, using: &random)])
                    }
                case 6:
                    try await farm.database.retire(worker: farm.worker)
                    _ = try await farm.database.heartbeat(worker: farm.worker)
                case 7:
                    guard let build = try await farm.database.builds(limit: 20).randomElement(using: &random) else {
                        continue
                    }
                    _ = try? await farm.database.cancel(build: build.id, why: "a test")
                default: _ = try await farm.database.pool.query("select settle_counts()")
                }
                #expect(try await mistakes(farm) == [], "step \(step)")
            }
        }
    }

    @Test func `a change that is taken back is not counted, one that goes on is not seen yet`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            let before = try await farm.database.progress().buildsWaiting
            #expect(before == 2)
            struct Back: Error {}
            await #expect(throws: Back.self) {
                try await farm.database.pool.transaction { connection in
                    _ = try await connection.query("delete from build")
                    #expect(try await farm.database.progress().buildsWaiting == 2)
                    throw Back()
                }
            }
            #expect(try await farm.database.progress().buildsWaiting == 2)
            #expect(try await mistakes(farm) == [])
        }
    }

    @Test func `counting anew mends what was changed without the triggers`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.database.pool.execute(
                script:
                    "alter table build disable trigger user; delete from build; alter table build enable trigger user")
            #expect(try await mistakes(farm) == ["build blocked: 2, 0"])
            _ = try await farm.database.pool.query("select recount()")
            #expect(try await mistakes(farm) == [])
            #expect(try await farm.database.progress().buildsWaiting == 0)
        }
    }
}
