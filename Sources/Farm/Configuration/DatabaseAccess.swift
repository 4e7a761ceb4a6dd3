// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres
import SchemaMigrations

/// The way to the farm's database: `DATABASE_URL`, or the cluster under the data directory.
package struct DatabaseAccess: Sendable {
    private let configuration: FarmConfiguration

    package init(_ configuration: FarmConfiguration) {
        self.configuration = configuration
    }

    private var cluster: PostgresCluster {
        PostgresCluster(PostgresClusterConfiguration(directory: configuration.dataDirectory.postgres))
    }

    /// Starts the embedded cluster unless it runs or another server was named, and brings the schema up to date.
    ///
    /// Where the schema cannot be brought up to date, a cluster that was started for it is stopped again.
    package func open() async throws -> PostgresConfiguration {
        guard configuration.databaseURL == nil else {
            let server = PostgresConfiguration(connectionString: configuration.databaseURL ?? "")
            _ = try await Migrator(schemaMigrations).migrate(server)
            return server
        }
        let ranBefore = try await cluster.process() != nil
        let server = try await cluster.start()
        do {
            _ = try await Migrator(schemaMigrations).migrate(server)
        } catch {
            if !ranBefore { try? await cluster.stop() }
            throw error
        }
        return server
    }

    /// Whether the embedded cluster runs on this machine; another server is taken to.
    package var isRunning: Bool {
        get async throws { configuration.databaseURL == nil ? try await cluster.process() != nil : true }
    }

    /// Starts the embedded cluster if its server has ended; another server is left alone.
    ///
    /// - Returns: whether it had ended.
    package func restart() async throws -> Bool {
        if try await isRunning { return false }
        _ = try await cluster.start()
        return true
    }

    /// Stops the embedded cluster; another server is left alone.
    package func close() async throws {
        if configuration.databaseURL == nil { try await cluster.stop() }
    }

    /// Opens the database for a command, and leaves the cluster as it was: running only if it ran before.
    package func withDatabase<Result: Sendable>(
        _ body: @Sendable (FarmDatabase) async throws -> Result
    ) async throws -> Result {
        let ranBefore = try await isRunning
        let pool = PostgresPool(try await open())
        do {
            let result = try await body(FarmDatabase(pool: pool))
            await pool.close()
            if !ranBefore { try await closeUnlessServed() }
            return result
        } catch {
            await pool.close()
            if !ranBefore { try? await closeUnlessServed() }
            throw error
        }
    }

    /// Opens a database that holds nothing yet, without giving it a schema, and leaves the cluster stopped.
    func withEmptyDatabase(_ body: (PostgresConfiguration) async throws -> Void) async throws {
        let server =
            if let url = configuration.databaseURL {
                PostgresConfiguration(connectionString: url)
            } else {
                try await cluster.start()
            }
        do {
            try await requireEmpty(server)
            try await body(server)
            try await close()
        } catch {
            try? await close()
            throw error
        }
    }

    private func requireEmpty(_ server: PostgresConfiguration) async throws {
        let connection = try await PostgresConnection.connect(server)
        let tables = try await connection.query("select 1 one from pg_tables where schemaname = 'public' limit 1")
        await connection.close()
        guard tables.isEmpty else {
            throw FarmError.backup(
                configuration.databaseURL == nil ? configuration.dataDirectory.postgres : "the database",
                reason: "it holds tables already; restore into an empty one")
        }
    }

    /// A server may have come up meanwhile and use the cluster that this command started.
    private func closeUnlessServed() async throws {
        if ServerLock.holder(of: configuration.dataDirectory) == nil { try await close() }
    }
}
