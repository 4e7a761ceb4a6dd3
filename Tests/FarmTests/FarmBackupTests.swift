// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Postgres
import PostgresFixture
import SchemaMigrations
import Testing
import TimeTravel

@Suite struct FarmBackupTests {
    private func configuration(_ root: String, _ name: String, url: String) throws -> FarmConfiguration {
        var configuration = try FarmConfiguration.load(
            file: nil, environment: ["ALMANAC_DATA": "\(root)/\(name)", "HOME": root], processors: 1)
        configuration.databaseURL = url
        try configuration.dataDirectory.create()
        return configuration
    }

    @Test(.timeLimit(.minutes(5)))
    func `what was saved is restored whole, and only into an empty farm`() async throws {
        try await withTemporaryCluster { cluster, directory in
            let server = try await cluster.start()
            let root = URL(fileURLWithPath: directory).deletingLastPathComponent().path
            let pool = PostgresPool(server)
            try await pool.execute(script: "create database copy")
            let old = try configuration(root, "old", url: server.connectionString)
            let new = try configuration(root, "new", url: server.connectionString + " dbname=copy")
            _ = try await Migrator(schemaMigrations).migrate(server)
            let farm = try await FarmFixture.make(FarmDatabase(pool: pool))
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await farm.finish(try await farm.claim(), .succeeded)
            let running = try await farm.claim()
            try FileManager.default.createDirectory(
                atPath: "\(old.dataDirectory.logs)/0", withIntermediateDirectories: true)
            try Data("log".utf8).write(to: URL(fileURLWithPath: old.dataDirectory.log(ofRun: 1)))

            let backup = "\(root)/backup"
            let saved = try await FarmBackup(old, directory: backup).save(now: FarmFixture.start)
            #expect(saved.builds == 2 && saved.runs == 2 && saved.logs == 1)
            await #expect(throws: FarmError.self) {
                try await FarmBackup(old, directory: backup).save(now: FarmFixture.start)
            }
            #expect(try await FarmBackup(new, directory: backup).restore() == saved)
            await #expect(throws: FarmError.self) { try await FarmBackup(new, directory: backup).restore() }

            try await DatabaseAccess(new).withDatabase { database in
                let records = try await database.verdictRecords()
                #expect(records.map(\.verdict) == [.sound, nil])
                // What was being built is not being built here.
                #expect(try await database.builds(id: running.build).first?.state == "ready")
                #expect(try await database.run(running.run)?.outcome == .infrastructure)
            }
            #expect(FileManager.default.contents(atPath: new.dataDirectory.log(ofRun: 1)) == Data("log".utf8))
            #expect(try await farm.states("program") == ["leased"])
            await pool.close()
            try await cluster.stop()
        }
    }
}
