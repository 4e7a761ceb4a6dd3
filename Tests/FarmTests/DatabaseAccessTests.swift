// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Postgres
import Testing

@Suite struct DatabaseAccessTests {
    @Test func `a cluster that was started for a database nobody can use is stopped again`() async throws {
        let data = NSTemporaryDirectory() + "almanac-access-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: data) }
        let configuration = try FarmConfiguration.load(
            file: nil, environment: ["ALMANAC_DATA": data], processors: 1)
        try configuration.dataDirectory.create()
        let access = DatabaseAccess(configuration)
        try await access.withDatabase { database in
            _ = try await database.pool.query(
                "insert into schema_migrations (version, name, sha256) values (1000, 'from_the_future', '')")
        }
        await #expect(throws: MigrationError.self) { _ = try await access.open() }
        let cluster = PostgresCluster(PostgresClusterConfiguration(directory: configuration.dataDirectory.postgres))
        #expect(try await cluster.process() == nil)
    }
}
