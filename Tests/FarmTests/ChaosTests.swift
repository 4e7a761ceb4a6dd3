// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Glibc
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
            end = try await self.end(pool, Strikes(seed: seed, limit: Self.packages))
        }
        return try #require(end)
    }

    private func end(
        _ pool: PostgresPool, _ strikes: Strikes, disk: ChaosDisk? = nil
    ) async throws -> (result: ChaosFarm.Result, strikes: Int) {
        let fixture = try await FarmFixture.make(FarmDatabase(pool: pool))
        try await fixture.database.retire(worker: fixture.worker)
        try await fixture.evaluate(closure: try ChaosFarm.closure(Self.packages))
        try await fixture.fetchSource()
        let farm = ChaosFarm(configuration: pool.configuration, strikes: strikes, disk: disk)
        await farm.settle()
        return (try await farm.result(fixture.database), strikes.count)
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

    @Test(.timeLimit(.minutes(30)), arguments: seeds.prefix(3))
    func `nor does it matter that PostgreSQL is killed`(seed: UInt64) async throws {
        let quiet = try await end(seed: nil)
        try await withTemporaryCluster { cluster, _ in
            let configuration = try await cluster.start()
            let pool = PostgresPool(configuration, limits: PostgresPoolLimits(connections: 4, wait: .seconds(60)))
            _ = try await Migrator(schemaMigrations).migrate(configuration)
            let (requests, request) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            let strikes = Strikes(seed: seed, limit: Self.packages) { request.yield() }
            // Not by the guest that asks for it, which may die before the database is there again.
            async let deaths = Self.kill(cluster, whenever: requests)
            let disturbed = try await end(pool, strikes).result
            request.finish()
            let count = try await deaths
            #expect(count > 0, "seed \(seed) kills it not once")
            #expect(disturbed == quiet.result, "seed \(seed)")
            await pool.close()
            try await cluster.stop()
        }
    }

    /// Kills PostgreSQL at each request, and starts it again.
    private static func kill(_ cluster: PostgresCluster, whenever requests: AsyncStream<Void>) async throws -> Int {
        var deaths = 0
        for await _ in requests {
            guard let process = try await cluster.process(), Glibc.kill(process, SIGKILL) == 0 else { continue }
            deaths += 1
            _ = try await cluster.start()
        }
        return deaths
    }

    @Test(
        .enabled(Comment(rawValue: SmallDisk.equipment)) { await SmallDisk.isPossible() }, .timeLimit(.minutes(30)),
        arguments: seeds.prefix(3))
    func `nor that the disk becomes full, of which PostgreSQL dies`(seed: UInt64) async throws {
        let quiet = try await end(seed: nil)
        let disk = try await ChaosDisk()
        defer { disk.end() }
        let pool = PostgresPool(disk.configuration, limits: PostgresPoolLimits(connections: 4, wait: .seconds(60)))
        _ = try await Migrator(schemaMigrations).migrate(disk.configuration)
        let (requests, request) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let strikes = Strikes(
            seed: seed, limit: Self.packages,
            fill: { run in
                // No room is made before the guest has met it.
                defer { request.yield() }
                try await disk.strike(run)
            })
        async let fillings = disk.relieve(whenever: requests)
        let disturbed = try await end(pool, strikes, disk: disk).result
        request.finish()
        let count = try await fillings
        #expect(count > 0, "seed \(seed) fills it not once")
        #expect(disturbed == quiet.result, "seed \(seed)")
        #expect(disk.failures >= count)
        // The logs of all others are whole.
        let rows = try await pool.query("select log_file from run where log_file is not null")
        #expect(!rows.isEmpty)
        try await disk.check(logs: try rows.map { try $0.decode("log_file") })
        await pool.close()
    }
}
