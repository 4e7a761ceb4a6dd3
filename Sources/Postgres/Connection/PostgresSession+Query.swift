// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres

extension PostgresSession {
    /// Runs one statement, prepared at its first use.
    func query(
        _ statement: PostgresStatement, _ interruption: Interruption
    ) throws(PostgresError) -> PostgresRows {
        let connection = try requireIdle()
        do throws(PostgresError) {
            return try execute(statement, on: connection, interruption)
        } catch {
            // A prepared plan no longer fits the tables; outside a transaction nothing speaks against another try.
            guard isStalePlan(error) else { throw error }
            statements.forget(statement.cacheKey)
            guard PQtransactionStatus(connection) == PQTRANS_IDLE else { throw error }
            return try execute(statement, on: connection, interruption)
        }
    }

    private func execute(
        _ statement: PostgresStatement, on connection: OpaquePointer, _ interruption: Interruption
    ) throws(PostgresError) -> PostgresRows {
        let name = try prepare(statement, on: connection, interruption)
        let values = try ParameterBuffer(statement.parameters)
        guard values.send({ PQsendQueryPrepared(connection, name, $0, $1, $2, $3, 1) }) else { throw lost() }
        return PostgresRows(result: try finish(interruption))
    }

    /// Runs a script of any number of statements without parameters.
    ///
    /// - Returns: the result of the last one.
    func run(script: String, _ interruption: Interruption) throws(PostgresError) -> PostgresResult {
        let connection = try requireIdle()
        guard !script.utf8.contains(0) else {
            throw .encoding(parameter: 0, reason: "a script cannot contain a NUL character")
        }
        guard PQsendQuery(connection, script) == 1 else { throw lost() }
        return try finish(interruption)
    }

    private func prepare(
        _ statement: PostgresStatement, on connection: OpaquePointer, _ interruption: Interruption
    ) throws(PostgresError) -> String {
        if let name = statements.name(of: statement.cacheKey) { return name }
        let name = statements.freshName()
        guard sendPrepare(statement, name: name, on: connection) else { throw lost() }
        _ = try finish(interruption)
        if let stale = statements.insert(statement.cacheKey, name: name) {
            _ = try run(script: "DEALLOCATE \(stale)", interruption)
        }
        return name
    }

    func sendPrepare(_ statement: PostgresStatement, name: String, on connection: OpaquePointer) -> Bool {
        let types = statement.parameters.map { Oid($0.type.rawValue) }
        return PQsendPrepare(connection, name, statement.sql, Int32(types.count), types) == 1
    }

    /// Reads everything that the server answers to what was sent; the first error is thrown.
    private func finish(_ interruption: Interruption) throws(PostgresError) -> PostgresResult {
        try flush(interruption)
        var last: PostgresResult?
        var failure: PostgresResult?
        while let result = try nextResult(interruption) {
            switch result.status {
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                close()
                throw .busy(with: "a COPY that was started as an ordinary statement")
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: failure = failure ?? result
            default: last = result
            }
        }
        if let failure { throw error(of: failure, interruption) }
        guard let last else { throw lost() }
        return last
    }

    /// What a failed result means for the caller.
    func error(of failure: PostgresResult, _ interruption: Interruption) -> PostgresError {
        guard var error = PostgresServerError(failure) else { return lost() }
        if error.sqlState == "57014" && interruption.isRequested { return .cancelled }
        error.isConnectionLost = error.isConnectionLost || !isOpen
        return .server(error)
    }

    /// 0A000 "cached plan must not change result type", or 26000: the statement is gone, as after DISCARD ALL.
    private func isStalePlan(_ error: PostgresError) -> Bool {
        guard case .server(let answer) = error, !answer.isConnectionLost else { return false }
        return answer.sqlState == "26000"
            || (answer.sqlState == "0A000" && answer.message.hasPrefix("cached plan"))
    }
}
