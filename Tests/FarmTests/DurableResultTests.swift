// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Glibc
import Postgres
import PostgresFixture
import SchemaMigrations
import Testing
import TimeTravel

@Suite struct DurableResultTests {
    @Test(.timeLimit(.minutes(5)))
    func `a result that was taken outlives a database that dies in that instant`() async throws {
        // Nothing goes to disk by itself in the meantime.
        let settings = ["fsync": "off", "shared_buffers": "16MB", "max_connections": "20", "wal_writer_delay": "10s"]
        try await withTemporaryCluster(settings: settings) { cluster, _ in
            let server = try await cluster.start()
            _ = try await Migrator(schemaMigrations).migrate(server)
            let farm = try await FarmFixture.make(FarmDatabase(pool: PostgresPool(server)))
            try await farm.evaluate(["source", "first", "second"])
            try await farm.fetchSource()
            let claim = try await farm.claim()
            let process = try #require(try await cluster.process())
            let taken = try await farm.finish(claim, .succeeded)
            #expect(kill(process, SIGKILL) == 0)
            #expect(taken)
            await farm.database.pool.close()

            let again = FarmDatabase(pool: PostgresPool(try await cluster.start()))
            #expect(try await again.builds().map(\.state).sorted() == ["ready", "succeeded"])
            #expect(try await again.finish(claim, try farm.report(.failed, of: claim)) == false)
            await again.pool.close()
        }
    }
}
