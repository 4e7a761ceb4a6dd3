// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres

extension PostgresSession {
    /// Begins a `COPY … FROM STDIN`.
    func beginCopy(_ sql: String, _ interruption: Interruption) throws(PostgresError) {
        let connection = try requireIdle()
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush(interruption)
        guard let result = try nextResult(interruption) else { throw lost() }
        guard result.status == PGRES_COPY_IN else {
            while try nextResult(interruption) != nil {}
            guard result.status == PGRES_FATAL_ERROR else {
                throw .encoding(parameter: 0, reason: "the statement is no COPY FROM STDIN")
            }
            throw error(of: result, interruption)
        }
        occupation = "a COPY"
    }

    /// Sends some of the data; nothing of libpq's buffer is left over, so that memory stays bounded.
    func sendCopyData(_ bytes: [UInt8], _ interruption: Interruption) throws(PostgresError) {
        guard isOpen, occupation != nil else { throw lost() }
        let sent = bytes.withUnsafeBytes { buffer in
            PQputCopyData(connection, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        guard sent == 1 else { throw lost() }
        try flush(interruption)
        if interruption.isRequested { throw .cancelled }
    }

    /// Ends a COPY, for good or, with a reason, as failed.
    ///
    /// - Returns: the number of rows copied.
    func endCopy(failing reason: String?, _ interruption: Interruption) throws(PostgresError) -> Int {
        occupation = nil
        guard isOpen, PQputCopyEnd(connection, reason) == 1 else { throw lost() }
        try flush(interruption)
        var copied: Int?
        var failure: PostgresResult?
        while let result = try nextResult(interruption) {
            if result.status == PGRES_COMMAND_OK { copied = result.affectedRows } else { failure = failure ?? result }
        }
        if let failure { throw error(of: failure, interruption) }
        guard let copied else { throw lost() }
        return copied
    }
}
