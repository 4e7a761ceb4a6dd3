// SPDX-License-Identifier: GPL-3.0-or-later

/// What a statement gave back: its rows, and how many it touched.
package struct PostgresRows: Sendable {
    let result: PostgresResult

    /// Rows selected, inserted, updated, deleted or copied.
    package var affectedRows: Int { result.affectedRows }
    package var columns: [String] { result.columns.map(\.name) }
}

extension PostgresRows: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rowCount }

    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < result.rowCount, "there is no row \(position)")
        return PostgresRow(result: result, index: position)
    }
}

/// One row, decoded by the names of its columns.
package struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int

    /// The value of a column.
    ///
    /// - Throws: `PostgresError.decoding`, which names the column.
    package func decode<Value: PostgresDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        let position = try result.position(of: column)
        do throws(PostgresDecodingFailure) {
            return try result.decode(row: index, column: position)
        } catch {
            throw .decoding(column: column, reason: error.reason)
        }
    }
}
