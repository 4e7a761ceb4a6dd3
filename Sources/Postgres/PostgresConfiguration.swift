// SPDX-License-Identifier: GPL-3.0-or-later

/// Where a PostgreSQL server is and how a session with it begins.
package struct PostgresConfiguration: Sendable, Hashable {
    /// A connection URI or key/value string as libpq reads it, section 34.1.1 of PostgreSQL's manual.
    package var connectionString: String
    /// Shown in `pg_stat_activity`, at most 63 bytes; a name in the connection string goes first.
    package var applicationName: String
    /// How long the server may take to accept a connection.
    package var connectTimeout: Duration
    /// Settings given to every new session, for example `["statement_timeout": "60s"]`.
    package var sessionSettings: [String: String]

    package init(
        connectionString: String, applicationName: String = "almanac", connectTimeout: Duration = .seconds(10),
        sessionSettings: [String: String] = [:]
    ) {
        self.connectionString = connectionString
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.sessionSettings = sessionSettings
    }

    /// A server on this machine, reached by the directory of its unix socket.
    package init(socketDirectory: String, port: Int = 5432, database: String, user: String) {
        let pairs = [
            ("host", socketDirectory), ("port", String(port)), ("dbname", database), ("user", user),
        ]
        self.init(connectionString: pairs.map { "\($0)=\(Self.quoted($1))" }.joined(separator: " "))
    }

    /// The same server, another of its databases.
    package func database(_ name: String) -> PostgresConfiguration {
        var copy = self
        copy.databaseOverride = name
        return copy
    }

    /// Wins over the connection string's database.
    package private(set) var databaseOverride: String?

    private static func quoted(_ value: String) -> String {
        var quoted = "'"
        for character in value {
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "'"
    }
}
