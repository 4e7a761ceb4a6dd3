// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Testing

extension PostgresPool {
    /// The first column of the first row.
    func single<Value: PostgresDecodable>(
        _ sql: String, _ parameters: [(any PostgresEncodable)?] = [], as type: Value.Type = Value.self
    ) async throws -> Value {
        let rows = try await query(sql, parameters)
        return try #require(rows.first).decode(rows.columns[0])
    }
}

extension PostgresConnection {
    /// The first column of the first row.
    func single<Value: PostgresDecodable>(
        _ sql: String, _ parameters: [(any PostgresEncodable)?] = [], as type: Value.Type = Value.self
    ) async throws -> Value {
        let rows = try await query(sql, parameters)
        return try #require(rows.first).decode(rows.columns[0])
    }
}
