// SPDX-License-Identifier: GPL-3.0-or-later

internal import CSQLite

/// A new SQLite file that is being filled, on one thread.
final class SQLiteDatabase {
    private let path: String
    private let handle: OpaquePointer

    init(creating path: String) throws(StoreDaemonError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        guard code == SQLITE_OK, let opened else {
            let message = String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw .database(path: path, message: message)
        }
        self.path = path
        handle = opened
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// Number of the row inserted last.
    var lastNumber: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs statements that give no rows.
    func run(_ statements: String) throws(StoreDaemonError) {
        guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    func prepare(_ statement: String) throws(StoreDaemonError) -> SQLiteStatement {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(handle, statement, -1, &prepared, nil) == SQLITE_OK, let prepared else {
            throw failure()
        }
        return SQLiteStatement(prepared, of: self)
    }

    func failure() -> StoreDaemonError {
        .database(path: path, message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// A value of a row.
enum SQLiteValue {
    case null
    case integer(Int64)
    case text(String)
}

/// A statement that can be run again with other values.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let database: SQLiteDatabase

    fileprivate init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
        self.handle = handle
        self.database = database
    }

    deinit {
        sqlite3_finalize(handle)
    }

    func run(_ values: [SQLiteValue]) throws(StoreDaemonError) {
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1)) }
        let code = sqlite3_step(handle)
        let failure = code == SQLITE_DONE ? nil : database.failure()
        sqlite3_reset(handle)
        if let failure { throw failure }
    }

    private func bind(_ value: SQLiteValue, at index: Int32) throws(StoreDaemonError) {
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let number): sqlite3_bind_int64(handle, index, number)
            case .text(let text): almanac_bind_text(handle, index, text, Int32(text.utf8.count))
            }
        guard code == SQLITE_OK else { throw database.failure() }
    }
}
