// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Subprocess

/// A database in one file, by pg_dump and pg_restore in their custom format.
package enum PostgresDump {
    /// Writes the whole database as it is at one instant, while others go on working with it.
    ///
    /// A password belongs into `~/.pgpass` rather than into the connection string, which the process list shows.
    package static func save(_ configuration: PostgresConfiguration, to file: String) async throws {
        try await run(
            "pg_dump", ["--format=custom", "--no-owner", "--file=\(file)", "--dbname=\(configuration.address)"], file)
    }

    /// Loads a file into an empty database: all of it, or nothing.
    package static func load(_ file: String, into configuration: PostgresConfiguration) async throws {
        try await run(
            "pg_restore",
            ["--no-owner", "--single-transaction", "--exit-on-error", "--dbname=\(configuration.address)", file], file)
    }

    private static func run(_ name: String, _ arguments: [String], _ file: String) async throws {
        guard let program = ClusterPrograms.client(name) else {
            throw PostgresClusterError.path(name, reason: "it was not found; install postgresql-client")
        }
        let result: ExecutionResult<Void, StringOutput<UTF8>, CombinedErrorOutput> = try await Subprocess.run(
            .name("env"), arguments: Arguments([program] + arguments), environment: .inherit.updating(["LC_ALL": "C"]),
            input: .none, output: .string(limit: 1 << 20), error: .combinedWithOutput)
        guard result.terminationStatus.isSuccess else {
            throw PostgresClusterError.path(file, reason: String(result.standardOutput.suffix(4_096)))
        }
    }
}

extension PostgresConfiguration {
    /// For programs of PostgreSQL: of two names of a database the later one counts.
    fileprivate var address: String {
        databaseOverride.map { "\(connectionString) dbname=\($0)" } ?? connectionString
    }
}

extension ClusterPrograms {
    /// The newest of PostgreSQL's client programs of this name: they read servers that are older than they are.
    static func client(_ name: String) -> String? {
        let versions = (FilePaths.entries(of: "/usr/lib/postgresql") ?? []).compactMap { Int($0) }.sorted(by: >)
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = versions.map { "/usr/lib/postgresql/\($0)/bin" } + path.split(separator: ":").map(String.init)
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
