// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization
import ThreadExecutors

/// One session with a PostgreSQL server, on a thread of its own.
///
/// Calls are executed one after the other. Cancelling a task cancels its statement in the server. A connection that
/// was lost stays lost: open another, or use a `PostgresPool`.
package actor PostgresConnection {
    private let executor: ThreadExecutor
    private let wake: WakeDescriptor
    private let session: PostgresSession
    /// Callers that want the connection while it waits for notifications.
    private let claims = Atomic<Int>(0)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration) {
        executor = ThreadExecutor(name: "postgres")
        wake = WakeDescriptor()
        session = PostgresSession(configuration, wake: wake)
    }

    /// Opens a session.
    ///
    /// - Throws: `PostgresError.connectionFailed`, or `.cancelled`.
    package static func connect(
        _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = PostgresConnection(configuration)
        try await connection.perform { (session, interruption) throws(PostgresError) in
            try session.open(interruption)
        }
        return connection
    }

    /// Runs one statement, which the session prepares at its first use and then remembers by its text.
    package func query(
        _ sql: String, _ parameters: [(any PostgresEncodable)?] = []
    ) async throws(PostgresError) -> PostgresRows {
        let statement = PostgresStatement(sql, parameters)
        return try await perform { (session, interruption) throws(PostgresError) in
            try session.query(statement, interruption)
        }
    }

    /// Runs a script of any number of statements without parameters, not prepared; one implicit transaction unless it
    /// says otherwise.
    package func execute(script: String) async throws(PostgresError) {
        try await perform { (session, interruption) throws(PostgresError) in
            _ = try session.run(script: script, interruption)
        }
    }

    /// Sends all statements at once and then reads all answers: one round trip. Outside a transaction they succeed or
    /// fail together; an error carries the index of its statement.
    ///
    /// The whole batch is buffered: send some thousands at a time, and use COPY for more.
    package func pipeline(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        if statements.isEmpty { return [] }
        return try await perform { (session, interruption) throws(PostgresError) in
            try session.pipeline(statements, interruption)
        }
    }

    /// Ends the session; later calls throw `.connectionLost`.
    package func close() {
        session.close()
    }

    /// Whether the session lives, as far as is known without asking the server.
    package var isOpen: Bool { session.isOpen }

    /// Whether a transaction is open in the session.
    var isInTransaction: Bool { session.isInTransaction }

    // MARK: For the module's other types

    /// Runs blocking work on this connection's thread.
    ///
    /// - Parameter shielded: whether the work is done even when the task is cancelled.
    func perform<Result: Sendable>(
        shielded: Bool = false, _ work: (PostgresSession, Interruption) throws(PostgresError) -> Result
    ) async throws(PostgresError) -> Result {
        let interruption = Interruption(waking: shielded ? nil : wake)
        if !shielded && Task.isCancelled { throw .cancelled }
        let outcome: Swift.Result<Result, PostgresError> = await withTaskCancellationHandler {
            do throws(PostgresError) { return .success(try work(session, interruption)) } catch {
                return .failure(error)
            }
        } onCancel: {
            interruption.request()
        }
        return try outcome.get()
    }

    /// Waits for notifications; returns none when woken or cancelled, or while someone else wants the connection.
    func awaitNotifications() async throws(PostgresError) -> [PostgresNotification] {
        if claims.load(ordering: .acquiring) > 0 { return [] }
        return try await perform { (session, _) throws(PostgresError) in try session.awaitNotifications() }
    }

    /// Runs `body` although another task may sit in `awaitNotifications`, and goes on doing so.
    nonisolated(nonsending) func interruptingWait<Result>(
        _ body: nonisolated(nonsending) (PostgresConnection) async -> Result
    ) async -> Result {
        claims.add(1, ordering: .acquiringAndReleasing)
        wake.signal()
        let result = await body(self)
        claims.subtract(1, ordering: .acquiringAndReleasing)
        return result
    }

    /// Makes a call to `awaitNotifications` return.
    nonisolated func wakeUp() {
        wake.signal()
    }

    /// Rolls back what a borrower left open.
    ///
    /// - Returns: whether the session can be handed to the next one.
    func prepareForReuse() async -> Bool {
        if session.isReusable { return true }
        guard session.isInTransaction, session.occupation == nil else { return false }
        do throws(PostgresError) {
            try await perform(shielded: true) { (session, interruption) throws(PostgresError) in
                _ = try session.run(script: "ROLLBACK", interruption)
            }
            return session.isReusable
        } catch {
            return false
        }
    }
}
