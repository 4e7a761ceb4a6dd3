// SPDX-License-Identifier: GPL-3.0-or-later

/// When and how often a transaction is run again.
package struct PostgresRetry: Sendable {
    /// Attempts in all, the first one included.
    package var attempts: Int
    /// The pause before each further attempt.
    package var backoff: PostgresBackoff

    package init(
        attempts: Int = 5, backoff: PostgresBackoff = PostgresBackoff(first: .milliseconds(5), longest: .seconds(1))
    ) {
        precondition(attempts > 0, "a transaction needs at least one attempt")
        self.attempts = attempts
        self.backoff = backoff
    }

    package static let never = PostgresRetry(attempts: 1)
}

extension PostgresPool {
    /// Runs one statement on any connection.
    package func query(
        _ sql: String, _ parameters: [(any PostgresEncodable)?] = []
    ) async throws -> PostgresRows {
        try await withConnection { try await $0.query(sql, parameters) }
    }

    /// Runs a script without parameters on any connection; see `PostgresConnection.execute`.
    package func execute(script: String) async throws {
        try await withConnection { try await $0.execute(script: script) }
    }

    /// Runs statements in one round trip; see `PostgresConnection.pipeline`.
    package func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresRows] {
        try await withConnection { try await $0.pipeline(statements) }
    }

    /// Wakes those who listen to a channel, when the statement commits.
    package func notify(_ channel: String, _ payload: String = "") async throws {
        _ = try await query("SELECT pg_notify($1, $2)", [channel, payload])
    }

    /// Runs `body` in a transaction on any connection, again when it met a serialization failure or a deadlock.
    ///
    /// `body` may thus run several times: what it does outside the database must bear that.
    @discardableResult
    package nonisolated(nonsending) func transaction<Result>(
        _ isolation: PostgresIsolation = .readCommitted, retry: PostgresRetry = PostgresRetry(),
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        var failures = 0
        while true {
            do {
                return try await withConnection { try await $0.transaction(isolation, body) }
            } catch let error as PostgresError where error.isTransactionConflict {
                failures += 1
                guard failures < retry.attempts else { throw error }
                let pause = retry.backoff.delay(afterFailures: failures, jitter: jitter())
                do { try await Task.sleep(for: pause) } catch { throw PostgresError.cancelled }
            }
        }
    }
}
