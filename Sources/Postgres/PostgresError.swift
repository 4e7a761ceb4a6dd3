// SPDX-License-Identifier: GPL-3.0-or-later

/// Why something asked of PostgreSQL did not happen.
package enum PostgresError: Error, Sendable, Equatable {
    /// The server refused the statement.
    case server(PostgresServerError)
    /// No session could be opened.
    case connectionFailed(message: String)
    /// The session ended while, or before, it was used.
    case connectionLost(message: String)
    /// The session ended between COMMIT and its answer: look in the database before doing the work again.
    case commitOutcomeUnknown(message: String)
    /// The transaction was committed after one of its statements had failed, so the server rolled it back.
    case transactionWasAborted
    /// A value does not fit the Swift type asked for.
    case decoding(column: String, reason: String)
    /// A parameter, counted from 1, or a field of a COPY row cannot be sent.
    case encoding(parameter: Int, reason: String)
    /// The task was cancelled; the statement was cancelled in the server as well.
    case cancelled
    /// No connection came free within the pool's wait limit.
    case poolWaitTimedOut(after: Duration, lastFailure: String?)
    /// More callers wait for the pool than it allows.
    case poolTooManyWaiters(limit: Int)
    case poolClosed
    /// The connection is in the middle of something else, for example a COPY.
    case busy(with: String)

    /// The server's code, when the server answered.
    package var sqlState: String? {
        if case .server(let error) = self { error.sqlState } else { nil }
    }

    /// Whether the connection this came from is of no further use.
    package var isConnectionLost: Bool {
        switch self {
        case .server(let error): error.isConnectionLost
        case .connectionFailed, .connectionLost, .commitOutcomeUnknown: true
        case .transactionWasAborted, .decoding, .encoding, .cancelled, .poolWaitTimedOut, .poolTooManyWaiters,
            .poolClosed, .busy:
            false
        }
    }

    /// Whether the same transaction may pass when run again at once: a serialization failure or a deadlock.
    package var isTransactionConflict: Bool {
        sqlState == "40001" || sqlState == "40P01"
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let error): error.description
        case .connectionFailed(let message):
            "PostgreSQL could not be reached: \(message). Check that the server runs and that DATABASE_URL is right."
        case .connectionLost(let message): "The connection to PostgreSQL was lost: \(message)"
        case .commitOutcomeUnknown(let message):
            "The connection to PostgreSQL was lost during COMMIT, whether it took effect is unknown: \(message)"
        case .transactionWasAborted: "The transaction was rolled back because one of its statements had failed."
        case .decoding(let column, let reason): "Column \"\(column)\" cannot be decoded: \(reason)"
        case .encoding(let parameter, let reason): "Parameter \(parameter) cannot be encoded: \(reason)"
        case .cancelled: "The statement was cancelled."
        case .poolWaitTimedOut(let limit, let lastFailure):
            "No connection to PostgreSQL came free within \(limit)."
                + (lastFailure.map { " The last attempt to connect failed: \($0)" } ?? "")
        case .poolTooManyWaiters(let limit): "More than \(limit) callers wait for a connection to PostgreSQL."
        case .poolClosed: "The pool of connections to PostgreSQL is closed."
        case .busy(let occupation): "The connection is in the middle of \(occupation)."
        }
    }
}
