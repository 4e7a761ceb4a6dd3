// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres

/// A result of libpq, freed with its last reference.
///
/// `@unchecked Sendable`: after its creation a PGresult is only read, and libpq allows any thread to do so
/// (section 34.20 of PostgreSQL's manual).
final class PostgresResult: @unchecked Sendable {
    let pointer: OpaquePointer
    let columns: [(name: String, type: PostgresType)]
    let rowCount: Int
    /// Positions by name; -1 where two columns bear one name.
    private let positions: [String: Int]

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = Int(PQntuples(pointer))
        columns = (0..<PQnfields(pointer)).map { field in
            (
                name: PQfname(pointer, field).map { String(cString: $0) } ?? "",
                type: PostgresType(rawValue: PQftype(pointer, field))
            )
        }
        let numbered = columns.enumerated().map { ($0.element.name, $0.offset) }
        positions = Dictionary(numbered, uniquingKeysWith: { _, _ in -1 })
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }

    var affectedRows: Int {
        let count = Int(String(cString: PQcmdTuples(pointer))) ?? 0
        return max(count, rowCount)
    }

    /// `SELECT 3`, `COMMIT` and the like.
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    func position(of column: String) throws(PostgresError) -> Int {
        guard let position = positions[column] else {
            let known = columns.map(\.name).joined(separator: ", ")
            throw .decoding(column: column, reason: "the result has no such column, only \(known)")
        }
        guard position >= 0 else {
            throw .decoding(column: column, reason: "several columns bear this name; rename them with AS")
        }
        return position
    }

    func decode<Value: PostgresDecodable>(row: Int, column: Int) throws(PostgresDecodingFailure) -> Value {
        let (row32, column32) = (Int32(row), Int32(column))
        guard PQgetisnull(pointer, row32, column32) == 0, let bytes = PQgetvalue(pointer, row32, column32) else {
            return try Value.decodeNull()
        }
        let count = Int(PQgetlength(pointer, row32, column32))
        let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
        return try Value.decode(buffer.bytes, type: columns[column].type)
    }

    func field(_ code: Int32) -> String? {
        PQresultErrorField(pointer, code).map { String(cString: $0) }
    }
}

extension PostgresServerError {
    /// The error that a failed result describes, nil when the server said nothing.
    init?(_ result: PostgresResult) {
        guard let sqlState = result.field(Int32(UInt8(ascii: "C"))) else { return nil }
        func field(_ code: Unicode.Scalar) -> String? { result.field(Int32(code.value)) }
        self.init(
            sqlState: sqlState, message: field("M") ?? "", detail: field("D"), hint: field("H"),
            isConnectionLost: field("V") == "FATAL" || field("V") == "PANIC")
        constraint = field("n")
        table = field("t")
        column = field("c")
        position = field("P").flatMap { Int($0) }
    }
}
