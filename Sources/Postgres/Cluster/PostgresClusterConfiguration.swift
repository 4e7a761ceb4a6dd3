// SPDX-License-Identifier: GPL-3.0-or-later

/// What a private cluster is like and where it is.
package struct PostgresClusterConfiguration: Sendable {
    /// Where the cluster's files go; made if missing, an absolute path.
    package var directory: String
    /// Where they go instead when we are root and the server's user cannot reach `directory`, as below `/root`.
    /// `directory` then holds a file `location` that says so.
    package var refuge: String
    /// The database that `start()` makes sure of.
    package var database: String
    /// Settings of `postgresql.conf` that differ from `defaultSettings`.
    package var settings: [String: String]
    /// Where `initdb`, `pg_ctl` and `postgres` are; nil to look for them.
    package var binaries: String?
    /// How long starting and stopping may take, each.
    package var patience: Duration

    package init(
        directory: String, database: String = "almanac", settings: [String: String] = [:],
        refuge: String = "/var/lib/embedded-postgresql", binaries: String? = nil, patience: Duration = .seconds(90)
    ) {
        self.directory = directory
        self.database = database
        self.settings = settings
        self.refuge = refuge
        self.binaries = binaries
        self.patience = patience
    }

    /// For a server that shares a small machine with builds: durable, no parallel plans, a log of seven days.
    package static let defaultSettings: [String: String] = [
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "64",
        "shared_buffers": "128MB",
        "effective_cache_size": "512MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "64MB",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "autovacuum_naptime": "20s",
        "idle_in_transaction_session_timeout": "10min",
        "log_min_duration_statement": "2s",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "logging_collector": "on",
        "log_directory": "../log",
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
    ]

    /// The text of a configuration file.
    func settingsFile(socketDirectory: String) -> String {
        var all = Self.defaultSettings.merging(settings) { $1 }
        all["unix_socket_directories"] = Self.listElement(socketDirectory)
        let lines = all.sorted { $0.key < $1.key }.map { name, value in "\(name) = \(Self.quoted(value))\n" }
        return "# Written anew at every start.\n" + lines.joined()
    }

    private static func quoted(_ value: String) -> String {
        let doubled = value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        let escaped = doubled.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
        return "'\(escaped)'"
    }

    /// `unix_socket_directories` is a list: a path with a comma or blank needs quotes of its own.
    private static func listElement(_ path: String) -> String {
        "\"" + path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
