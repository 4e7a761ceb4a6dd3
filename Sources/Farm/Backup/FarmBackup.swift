// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Postgres
package import TimeTravel

/// Everything of a farm that cannot be made again, in one directory: the database, the catalog and the runs' logs.
///
/// The store is not in it: outputs are built again, or kept by copying `store/` and `nix/` of the data directory.
package struct FarmBackup: Sendable {
    /// What a backup holds, written last: without it the directory is no backup.
    package struct Manifest: Codable, Sendable, Equatable {
        package var format = 1
        package var made: Instant
        package var traps: Int
        package var builds: Int
        package var runs: Int
        package var logs: Int
    }

    private let configuration: FarmConfiguration
    private let directory: String

    package init(_ configuration: FarmConfiguration, directory: String) {
        self.configuration = configuration
        self.directory = DataDirectory.absolute(directory)
    }

    private func file(_ name: String, in directory: String) -> String { "\(directory)/\(name)" }

    // MARK: Saving

    /// Writes the backup while the farm may go on working; a directory of that name must not exist.
    package func save(now: Instant) async throws -> Manifest {
        guard !FileManager.default.fileExists(atPath: directory) else {
            throw FarmError.backup(directory, reason: "it exists already; name another directory")
        }
        let partial = directory + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        try FileManager.default.createDirectory(
            atPath: partial, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let manifest = try await DatabaseAccess(configuration).withDatabase { database in
            try await PostgresDump.save(database.pool.configuration, to: file("database.dump", in: partial))
            try Self.write(try await database.traps(), to: file("catalog.json", in: partial))
            let logs = try copyLogs(from: configuration.dataDirectory.logs, to: file("logs", in: partial))
            return try await Self.manifest(of: database, now: now, logs: logs)
        }
        try Self.write(manifest, to: file("manifest.json", in: partial))
        try FileManager.default.moveItem(atPath: partial, toPath: directory)
        return manifest
    }

    private static func manifest(of database: FarmDatabase, now: Instant, logs: Int) async throws -> Manifest {
        let rows = try await database.pool.query(
            """
            select (select count(*) from trap) traps, (select count(*) from build) builds, (select count(*) from run) runs
            """)
        guard let row = rows.first else { throw PostgresError.decoding(column: "traps", reason: "no row") }
        return Manifest(
            made: now, traps: try row.decode("traps"), builds: try row.decode("builds"), runs: try row.decode("runs"),
            logs: logs)
    }

    private static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(value).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// - Returns: how many files.
    private func copyLogs(from: String, to: String) throws -> Int {
        guard FileManager.default.fileExists(atPath: from) else { return 0 }
        try FileManager.default.copyItem(atPath: from, toPath: to)
        return (FileManager.default.enumerator(atPath: to)?.allObjects as? [String] ?? []).count {
            $0.hasSuffix(".log.gz")
        }
    }

    // MARK: Restoring

    /// Loads the backup into an empty farm: no server may run on it, and its database must hold nothing.
    package func restore() async throws -> Manifest {
        guard let bytes = FileManager.default.contents(atPath: file("manifest.json", in: directory)),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: bytes), manifest.format == 1
        else {
            throw FarmError.backup(
                directory, reason: "it is no backup of this program: manifest.json is missing or foreign")
        }
        let data = configuration.dataDirectory
        if let process = ServerLock.holder(of: data) {
            throw FarmError.alreadyServed(lock: data.serverLock, process: process)
        }
        let logs = try FileManager.default.contentsOfDirectory(atPath: data.logs)
        guard logs.isEmpty else {
            throw FarmError.backup(data.logs, reason: "there are logs already; restore into an empty data directory")
        }
        try await DatabaseAccess(configuration).withEmptyDatabase { server in
            try await PostgresDump.load(file("database.dump", in: directory), into: server)
        }
        try await DatabaseAccess(configuration).withDatabase { database in
            // Its workers are not here.
            _ = try await database.requeueLost(silence: .zero)
            let wrong = try await database.pool.query("select place from dangling_references()")
            let found = try await Self.manifest(of: database, now: manifest.made, logs: manifest.logs)
            guard wrong.isEmpty, found == manifest else {
                throw FarmError.backup(directory, reason: "the database is not the one that was saved: found \(found)")
            }
        }
        let saved = file("logs", in: directory)
        if FileManager.default.fileExists(atPath: saved) {
            try FileManager.default.removeItem(atPath: data.logs)
            try FileManager.default.copyItem(atPath: saved, toPath: data.logs)
        }
        return manifest
    }
}
