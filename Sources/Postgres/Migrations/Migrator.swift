// SPDX-License-Identifier: GPL-3.0-or-later

/// Brings a database's schema forward, each step in a transaction of its own, one process at a time.
///
/// What was applied is kept in the table `schema_migrations` with the SHA-256 of each step's text.
package struct Migrator: Sendable {
    private let migrations: [Migration]
    private let lockKey: Int64
    private let lockWait: Duration

    /// - Parameters:
    ///   - lockKey: of the advisory lock that keeps two migrators apart.
    ///   - lockWait: how long to wait for another migrator to end.
    package init(
        _ migrations: [Migration], lockKey: Int64 = 0x616C_6D61_6E61_63, lockWait: Duration = .seconds(300)
    ) throws(MigrationError) {
        var last = 0
        for migration in migrations {
            guard migration.version > last else { throw .unordered(version: migration.version) }
            last = migration.version
        }
        self.migrations = migrations
        self.lockKey = lockKey
        self.lockWait = lockWait
    }

    /// Applies what is missing.
    ///
    /// - Returns: the versions applied now.
    /// - Throws: `MigrationError`, or `PostgresError` when the database could not be asked.
    package func migrate(_ configuration: PostgresConfiguration) async throws -> [Int] {
        let connection = try await PostgresConnection.connect(configuration)
        do {
            try await lock(connection)
            let applied = try await migrate(over: connection)
            await connection.close()
            return applied
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The lock goes with the connection.
    private func lock(_ connection: PostgresConnection) async throws {
        let milliseconds = max(1, Int(lockWait / .milliseconds(1)))
        _ = try await connection.query("SELECT set_config('lock_timeout', $1, false)", [String(milliseconds)])
        do {
            _ = try await connection.query("SELECT pg_advisory_lock($1)", [lockKey])
        } catch  where error.sqlState == "55P03" {
            throw MigrationError.lockWaitTimedOut
        }
        _ = try await connection.query("SELECT set_config('lock_timeout', '0', false)")
    }

    private func migrate(over connection: PostgresConnection) async throws -> [Int] {
        try await connection.execute(
            script: """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version integer PRIMARY KEY,
                    name text NOT NULL,
                    sha256 text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """)
        var missing = migrations[...]
        for past in try await appliedMigrations(connection) {
            guard let next = missing.popFirst() else {
                throw MigrationError.databaseIsNewer(
                    version: past.version, name: past.name, newestKnown: migrations.last?.version ?? 0)
            }
            try await compare(past, with: next, over: connection)
        }
        for migration in missing { try await apply(migration, over: connection) }
        return missing.map(\.version)
    }

    private struct Past {
        let version: Int
        let name: String
        let sha256: String
    }

    private func appliedMigrations(_ connection: PostgresConnection) async throws -> [Past] {
        try await connection.query("SELECT version, name, sha256 FROM schema_migrations ORDER BY version").map { row in
            Past(
                version: try row.decode("version"), name: try row.decode("name"), sha256: try row.decode("sha256"))
        }
    }

    private func compare(_ past: Past, with known: Migration, over connection: PostgresConnection) async throws {
        if known.version < past.version {
            throw MigrationError.late(version: known.version, name: known.name, applied: past.version)
        }
        if known.version > past.version {
            throw MigrationError.unknown(version: past.version, name: past.name)
        }
        let rows = try await connection.query(
            "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex') AS sha256", [known.sql])
        guard let row = rows.first, try row.decode("sha256") == past.sha256 else {
            throw MigrationError.changed(version: known.version, name: known.name)
        }
    }

    private func apply(_ migration: Migration, over connection: PostgresConnection) async throws {
        do {
            try await connection.transaction { connection in
                try await connection.execute(script: migration.sql)
                guard await connection.isInTransaction else {
                    throw MigrationError.endedTransaction(version: migration.version, name: migration.name)
                }
                _ = try await connection.query(
                    """
                    INSERT INTO schema_migrations (version, name, sha256)
                    VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
                    """, [migration.version, migration.name, migration.sql])
            }
        } catch let error as PostgresError {
            throw MigrationError.failed(version: migration.version, name: migration.name, error)
        }
    }
}
