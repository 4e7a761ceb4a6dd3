// SPDX-License-Identifier: GPL-3.0-or-later

/// How much of other transactions a transaction sees, section 13.2 of PostgreSQL's manual.
package enum PostgresIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: what `body` throws; `PostgresError.commitOutcomeUnknown` when the connection went during COMMIT;
    ///   `.transactionWasAborted` when `body` swallowed the error of a statement.
    @discardableResult
    package nonisolated(nonsending) func transaction<Result>(
        _ isolation: PostgresIsolation = .readCommitted,
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        try await begin(isolation)
        let result: Result
        do {
            result = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        try await commit()
        return result
    }

    private func begin(_ isolation: PostgresIsolation) async throws(PostgresError) {
        try await perform { (session, interruption) throws(PostgresError) in
            if session.isInTransaction { throw .busy(with: "another transaction") }
            _ = try session.run(script: "BEGIN ISOLATION LEVEL \(isolation.rawValue)", interruption)
        }
    }

    private func commit() async throws(PostgresError) {
        if Task.isCancelled {
            await rollBack()
            throw .cancelled
        }
        do throws(PostgresError) {
            let result = try await perform(shielded: true) { (session, interruption) throws(PostgresError) in
                try session.run(script: "COMMIT", interruption)
            }
            if result.commandTag != "COMMIT" { throw .transactionWasAborted }
        } catch {
            if case .connectionLost(let message) = error { throw .commitOutcomeUnknown(message: message) }
            if case .server(let answer) = error, answer.isConnectionLost {
                throw .commitOutcomeUnknown(message: answer.message)
            }
            await rollBack()
            throw error
        }
    }

    /// A session that cannot even roll back is closed.
    private func rollBack() async {
        if await !prepareForReuse() { close() }
    }
}
