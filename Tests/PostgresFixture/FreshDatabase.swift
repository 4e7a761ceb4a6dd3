// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres

/// Runs a test with a database of its own, made from a template to which the migrations were applied once.
///
/// The server is the one of `DATABASE_URL` or else an embedded one that this process shares and that goes with it.
///
/// - Parameters:
///   - limits: of the pool that the test gets; its `configuration` leads to the same database.
package nonisolated(nonsending) func withFreshDatabase(
    migrations: [Migration] = [],
    limits: PostgresPoolLimits = PostgresPoolLimits(connections: 4),
    _ body: nonisolated(nonsending) (PostgresPool) async throws -> Void
) async throws {
    await TestServer.databases.enter()
    do {
        let configuration = try await TestServer.shared.makeDatabase(migrations)
        try await run(body, configuration, limits)
        await TestServer.databases.leave()
    } catch {
        await TestServer.databases.leave()
        throw error
    }
}

private nonisolated(nonsending) func run(
    _ body: nonisolated(nonsending) (PostgresPool) async throws -> Void,
    _ configuration: PostgresConfiguration, _ limits: PostgresPoolLimits
) async throws {
    let pool = PostgresPool(configuration, limits: limits)
    do {
        try await body(pool)
        await pool.close()
        try await TestServer.shared.dropDatabase(configuration)
    } catch {
        await pool.close()
        try? await TestServer.shared.dropDatabase(configuration)
        throw error
    }
}
