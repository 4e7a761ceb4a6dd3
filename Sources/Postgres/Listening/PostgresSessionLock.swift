// SPDX-License-Identifier: GPL-3.0-or-later

/// A session-level advisory lock, held by a connection of its own: it ends with `release()`, with this process, or with
/// the connection, whichever is first. Section 13.3.5 of PostgreSQL's manual.
package final class PostgresSessionLock: Sendable {
    package let key: Int64
    private let connection: PostgresConnection

    private init(key: Int64, connection: PostgresConnection) {
        self.key = key
        self.connection = connection
    }

    /// Takes the lock if nobody holds it.
    ///
    /// - Returns: nil when another session holds it.
    package static func tryAcquire(
        _ key: Int64, _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> PostgresSessionLock? {
        let connection = try await PostgresConnection.connect(configuration)
        do throws(PostgresError) {
            let rows = try await connection.query("SELECT pg_try_advisory_lock($1) AS locked", [key])
            if let row = rows.first, try row.decode("locked", as: Bool.self) {
                return PostgresSessionLock(key: key, connection: connection)
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return nil
    }

    /// Returns when the lock is lost with its connection, or when the task is cancelled.
    ///
    /// - Returns: whether the lock was lost.
    package func waitUntilLost() async -> Bool {
        while !Task.isCancelled {
            do throws(PostgresError) {
                _ = try await connection.awaitNotifications()
            } catch {
                if error != .cancelled { return true }
            }
        }
        return false
    }

    /// Whether the lock is still held, by asking the server.
    package func isHeld() async -> Bool {
        await connection.interruptingWait { connection in
            do throws(PostgresError) {
                _ = try await connection.query("SELECT 1 AS one")
                return true
            } catch {
                return false
            }
        }
    }

    /// Gives the lock up.
    package func release() async {
        await connection.interruptingWait { await $0.close() }
    }
}
