// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres
import Glibc

extension PostgresSession {
    /// Opens the session and gives it its settings.
    func open(_ interruption: Interruption) throws(PostgresError) {
        guard let connection = startConnecting() else {
            throw .connectionFailed(message: "libpq is out of memory")
        }
        do throws(PostgresError) {
            try finishConnecting(connection, interruption)
        } catch {
            PQfinish(connection)
            throw error
        }
        adopt(connection)
        PQsetnonblocking(connection, 1)
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        try configure(interruption)
    }

    private func startConnecting() -> OpaquePointer? {
        // Later words win over earlier ones, so that the connection string wins over our defaults.
        var words = [
            ("application_name", configuration.applicationName), ("keepalives_idle", "30"),
            ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "60000"),
            ("client_encoding", "UTF8"),
            ("dbname", configuration.connectionString),
        ]
        if let database = configuration.databaseOverride { words.append(("dbname", database)) }
        return withCStrings(words.map(\.0)) { keywords in
            withCStrings(words.map(\.1)) { values in PQconnectStartParams(keywords, values, 1) }
        }
    }

    private func finishConnecting(
        _ connection: OpaquePointer, _ interruption: Interruption
    ) throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        var status = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            if interruption.isRequested { throw .cancelled }
            if status == PGRES_POLLING_FAILED {
                throw .connectionFailed(message: Self.message(of: connection))
            }
            let events = status == PGRES_POLLING_WRITING ? POLLOUT : POLLIN
            // The socket may change at every step.
            switch wait(on: PQsocket(connection), events: events, until: deadline) {
            case .ready: status = PQconnectPoll(connection)
            case .woken: continue
            case .timedOut:
                throw .connectionFailed(message: "no answer within \(configuration.connectTimeout)")
            }
        }
    }

    private func configure(_ interruption: Interruption) throws(PostgresError) {
        let settings = Self.settings.merging(configuration.sessionSettings) { $1 }.sorted { $0.key < $1.key }
        _ = try query(
            PostgresStatement(
                "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) setting (name, value)",
                [settings.map(\.key), settings.map(\.value)]), interruption)
    }

    /// A client that the network cut off in the middle of a transaction holds its locks until the server notices, which
    /// by itself takes two hours. On a unix socket the four mean nothing.
    private static let settings = [
        "timezone": "UTC", "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
        "tcp_user_timeout": "60000",
    ]
}

/// C strings, then a null pointer, alive while `body` runs.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result?
) -> Result? {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes.append(contentsOf: string.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { buffer in
        let pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } } + [nil]
        return pointers.withUnsafeBufferPointer { $0.baseAddress.flatMap(body) }
    }
}
