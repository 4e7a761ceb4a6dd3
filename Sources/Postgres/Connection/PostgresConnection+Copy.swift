// SPDX-License-Identifier: GPL-3.0-or-later

extension PostgresConnection {
    /// Copies rows into a table by COPY in binary format, some 64 KiB at a time.
    ///
    /// - Parameters:
    ///   - table: as written in SQL, quoted where it needs to be.
    ///   - columns: the columns that `encode` writes, in order, as written in SQL.
    ///   - encode: writes one field per column; the Swift type must be exactly the column's (`Int32` for `integer`).
    /// - Returns: the number of rows copied. On an error nothing was copied.
    @discardableResult
    package nonisolated(nonsending) func copy<Rows: Sequence>(
        into table: String, columns: [String], from rows: Rows,
        encode: (Rows.Element, inout PostgresCopyRow) throws -> Void
    ) async throws -> Int {
        try await copying(into: table, columns: columns) { (writer: inout CopyWriter) in
            for row in rows {
                if let chunk = try writer.append(row, encode) { try await self.sendCopyData(chunk) }
            }
        }
    }

    /// Copies the rows of an asynchronous sequence as they come; see the other `copy`.
    @discardableResult
    package nonisolated(nonsending) func copy<Rows: AsyncSequence>(
        into table: String, columns: [String], from rows: Rows,
        encode: (Rows.Element, inout PostgresCopyRow) throws -> Void
    ) async throws -> Int {
        try await copying(into: table, columns: columns) { (writer: inout CopyWriter) in
            var iterator = rows.makeAsyncIterator()
            while let row = try await iterator.next(isolation: #isolation) {
                if let chunk = try writer.append(row, encode) { try await self.sendCopyData(chunk) }
            }
        }
    }

    private nonisolated(nonsending) func copying(
        into table: String, columns: [String],
        _ body: nonisolated(nonsending) (inout CopyWriter) async throws -> Void
    ) async throws -> Int {
        let list = columns.joined(separator: ", ")
        try await beginCopy("COPY \(table) (\(list)) FROM STDIN (FORMAT binary)")
        var writer = CopyWriter(columnCount: columns.count)
        do {
            try await body(&writer)
            try await sendCopyData(writer.finish())
        } catch {
            // The server's reason, if it has one, is better than "the connection broke off".
            throw await abandonCopy() ?? error
        }
        return try await endCopy()
    }

    private func beginCopy(_ sql: String) async throws(PostgresError) {
        try await perform { (session, interruption) throws(PostgresError) in
            try session.beginCopy(sql, interruption)
        }
    }

    private func sendCopyData(_ bytes: [UInt8]) async throws(PostgresError) {
        try await perform { (session, interruption) throws(PostgresError) in
            try session.sendCopyData(bytes, interruption)
        }
    }

    private func endCopy() async throws(PostgresError) -> Int {
        try await perform { (session, interruption) throws(PostgresError) in
            try session.endCopy(failing: nil, interruption)
        }
    }

    /// Ends a failed COPY.
    ///
    /// - Returns: the server's own reason for the failure, if it was the server that failed.
    private func abandonCopy() async -> PostgresError? {
        do throws(PostgresError) {
            _ = try await perform(shielded: true) { (session, interruption) throws(PostgresError) in
                try session.endCopy(failing: "the client gave up", interruption)
            }
            return nil
        } catch {
            // 57014 is the answer to our giving up.
            return error.sqlState == "57014" ? nil : error
        }
    }
}
