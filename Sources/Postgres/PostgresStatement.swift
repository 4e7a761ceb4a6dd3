// SPDX-License-Identifier: GPL-3.0-or-later

/// One statement and its bound parameters.
package struct PostgresStatement: Sendable {
    /// SQL with `$1`, `$2`, … where the parameters go.
    package var sql: String
    package var parameters: [PostgresParameter]

    package init(_ sql: String, _ parameters: [(any PostgresEncodable)?] = []) {
        self.sql = sql
        self.parameters = parameters.map { $0?.encoded() ?? .null }
    }
}
