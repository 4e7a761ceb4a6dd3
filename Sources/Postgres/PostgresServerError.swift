// SPDX-License-Identifier: GPL-3.0-or-later

/// What the server said when it refused a statement; the fields of PostgreSQL's ErrorResponse message.
package struct PostgresServerError: Error, Sendable, Equatable {
    /// Five characters, appendix A of PostgreSQL's manual.
    package var sqlState: String
    package var message: String
    package var detail: String?
    package var hint: String?
    package var constraint: String?
    package var table: String?
    package var column: String?
    /// Character of the statement, from 1, at which the error was found.
    package var position: Int?
    /// Where in a pipeline the statement stood, from 0.
    package var pipelineIndex: Int?
    /// Whether the session ended with this error.
    package var isConnectionLost: Bool

    package init(
        sqlState: String, message: String, detail: String? = nil, hint: String? = nil, isConnectionLost: Bool = false
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.isConnectionLost = isConnectionLost
    }
}

extension PostgresServerError: CustomStringConvertible {
    package var description: String {
        var text = "PostgreSQL says: \(message) (SQLSTATE \(sqlState))"
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        if let position { text += "; at character \(position) of the statement" }
        if let pipelineIndex { text += "; statement \(pipelineIndex) of the pipeline" }
        return text
    }
}
