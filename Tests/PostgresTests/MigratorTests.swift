// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

private let first = Migration(version: 1, name: "first", sql: "CREATE TABLE a (n int); INSERT INTO a VALUES (1);")
private let second = Migration(version: 2, name: "second", sql: "CREATE TABLE b (n int); INSERT INTO b VALUES (1);")

@Suite struct MigratorTests {
    @Test func `steps are applied once, in order`() async throws {
        try await withFreshDatabase { pool throws in
            #expect(try await Migrator([first]).migrate(pool.configuration) == [1])
            #expect(try await Migrator([first, second]).migrate(pool.configuration) == [2])
            #expect(try await Migrator([first, second]).migrate(pool.configuration) == [])
            #expect(try await pool.single("SELECT count(*) AS n FROM a") == 1)
            #expect(
                try await pool.single("SELECT string_agg(name, ' ' ORDER BY version) AS names FROM schema_migrations")
                    == "first second")
        }
    }

    @Test func `two migrators at once apply every step once`() async throws {
        try await withFreshDatabase { pool throws in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<6 { group.addTask { try await Migrator([first, second]).migrate(pool.configuration) } }
                return try await group.reduce(into: [Int]()) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
            #expect(try await pool.single("SELECT count(*) AS n FROM b") == 1)
        }
    }

    @Test func `a step that was changed after it had been applied is refused`() async throws {
        try await withFreshDatabase { pool throws in
            _ = try await Migrator([first]).migrate(pool.configuration)
            let changed = Migration(version: 1, name: "first", sql: first.sql + " ")
            let error = await #expect(throws: MigrationError.changed(version: 1, name: "first")) {
                _ = try await Migrator([changed, second]).migrate(pool.configuration)
            }
            #expect(error?.description.contains("new migration") == true)
            #expect(try await pool.single("SELECT to_regclass('b') IS NULL AS absent", as: Bool.self))
        }
    }

    @Test func `a database that is newer than the program is refused`() async throws {
        try await withFreshDatabase { pool throws in
            _ = try await Migrator([first, second]).migrate(pool.configuration)
            let error = await #expect(
                throws: MigrationError.databaseIsNewer(version: 2, name: "second", newestKnown: 1)
            ) { _ = try await Migrator([first]).migrate(pool.configuration) }
            #expect(error?.description.contains("newer version") == true)
        }
    }

    @Test func `a step below one that was applied is refused`() async throws {
        try await withFreshDatabase { pool throws in
            let third = Migration(version: 3, name: "third", sql: "SELECT 1")
            _ = try await Migrator([first, third]).migrate(pool.configuration)
            await #expect(throws: MigrationError.late(version: 2, name: "second", applied: 3)) {
                _ = try await Migrator([first, second, third]).migrate(pool.configuration)
            }
            await #expect(throws: MigrationError.unknown(version: 1, name: "first")) {
                _ = try await Migrator([second, third]).migrate(pool.configuration)
            }
        }
    }

    @Test func `a step that fails is undone as a whole and the ones before it stay`() async throws {
        try await withFreshDatabase { pool throws in
            let broken = Migration(version: 2, name: "broken", sql: "CREATE TABLE b (n int); SELECT 1 / 0;")
            let error = await #expect(throws: MigrationError.self) {
                _ = try await Migrator([first, broken]).migrate(pool.configuration)
            }
            #expect(error?.description.contains("division by zero") == true)
            #expect(try await pool.single("SELECT to_regclass('b') IS NULL AS absent", as: Bool.self))
            #expect(try await Migrator([first, second]).migrate(pool.configuration) == [2])
        }
    }

    @Test func `a step that ends its transaction itself is refused`() async throws {
        try await withFreshDatabase { pool throws in
            let sly = Migration(version: 1, name: "sly", sql: "CREATE TABLE a (n int); COMMIT;")
            await #expect(throws: MigrationError.endedTransaction(version: 1, name: "sly")) {
                _ = try await Migrator([sly]).migrate(pool.configuration)
            }
        }
    }

    @Test func `another migrator that does not end is not waited for without limit`() async throws {
        try await withFreshDatabase { pool throws in
            let lock = try #require(try await PostgresSessionLock.tryAcquire(99, pool.configuration))
            await #expect(throws: MigrationError.lockWaitTimedOut) {
                _ = try await Migrator([first], lockKey: 99, lockWait: .milliseconds(100)).migrate(pool.configuration)
            }
            await lock.release()
        }
    }

    @Test func `versions that do not ascend are refused before anything is done`() {
        #expect(throws: MigrationError.unordered(version: 1)) { try Migrator([second, first]) }
        #expect(throws: MigrationError.unordered(version: 2)) { try Migrator([first, second, second]) }
        #expect(throws: MigrationError.unordered(version: 0)) {
            try Migrator([Migration(version: 0, name: "", sql: "")])
        }
    }
}
