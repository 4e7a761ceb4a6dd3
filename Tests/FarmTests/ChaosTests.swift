// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Postgres
import PostgresFixture
import SchemaMigrations
import Testing
import TimeTravel

/// Whatever dies meanwhile, the farm comes to the same end. `ops/chaos` runs many seeds on a larger graph.
@Suite struct ChaosTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seeds: [UInt64] = {
        let first = environment["ALMANAC_CHAOS_FIRST"].flatMap { UInt64($0) } ?? 1
        let count = environment["ALMANAC_CHAOS_SEEDS"].flatMap { UInt64($0) } ?? 2
        return Array(first..<first + max(1, count))
    }()
    private static let packages = environment["ALMANAC_CHAOS_PACKAGES"].flatMap { Int($0) } ?? 24

    private func end(seed: UInt64?) async throws -> (result: ChaosFarm.Result, strikes: Int) {
        var end: (ChaosFarm.Result, Int)?
        try await withFreshDatabase(migrations: schemaMigrations) { pool in
            let fixture = try await FarmFixture.make(FarmDatabase(pool: pool))
            try await fixture.database.retire(worker: fixture.worker)
            try await fixture.evaluate(closure: try ChaosFarm.closure(Self.packages))
            try await fixture.fetchSource()
            let farm = ChaosFarm(
                configuration: pool.configuration, strikes: Strikes(seed: seed, limit: Self.packages))
            await farm.settle()
            end = (try await farm.result(fixture.database), farm.strikes.count)
        }
        return try #require(end)
    }

    @Test(.timeLimit(.minutes(30)), arguments: seeds)
    func `builds end once, none is lost, and the catalog is that of a quiet farm`(seed: UInt64) async throws {
        let quiet = try await end(seed: nil)
        #expect(quiet.strikes == 0)
        #expect(quiet.result.traps == ["package-7 time-trap date"])
        #expect(quiet.result.verdicts["package-11"] == .some(.broken))
        let disturbed = try await end(seed: seed)
        #expect(disturbed.strikes > 3, "seed \(seed)")
        #expect(disturbed.result == quiet.result, "seed \(seed)")
    }
}
