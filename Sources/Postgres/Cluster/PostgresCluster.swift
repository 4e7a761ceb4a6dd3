// SPDX-License-Identifier: GPL-3.0-or-later

import ThreadExecutors

/// A private PostgreSQL server with its files under one directory, reached by a unix socket only.
///
/// The server is no child of this process: it goes on when this process dies, and the next `start()` finds it running.
/// It runs as the current user or, as PostgreSQL refuses to run as root, as `postgres` or else `nobody`. Where that
/// user cannot reach the directory, the files go to the configuration's refuge.
package actor PostgresCluster {
    private let configuration: PostgresClusterConfiguration
    private let executor = ThreadExecutor(name: "postgres cluster")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(_ configuration: PostgresClusterConfiguration) {
        self.configuration = configuration
    }

    /// Makes the cluster if there is none, starts its server unless it runs, and makes sure of the database.
    ///
    /// - Returns: how to connect.
    package func start() async throws(PostgresClusterError) -> PostgresConfiguration {
        try FilePaths.makeDirectories(configuration.directory)
        let lock = try await ClusterLock.take(configuration.directory, patience: configuration.patience)
        defer { lock.release() }
        let placement = try await ClusterPlacement.resolve(configuration)
        let programs = try await ClusterPrograms.find(
            in: configuration.binaries, version: try existingVersion(placement), user: placement.user)
        if !placement.exists { try await initialize(placement, programs) }
        try await placement.makeSocketDirectory()
        let settingsChanged = try await writeSettings(placement)
        let control = ClusterControl(placement: placement, programs: programs, patience: configuration.patience)
        let postmaster = try await control.start(reloading: settingsChanged)
        return try await makeDatabase(postmaster)
    }

    /// Stops the server, if it runs: open transactions are rolled back.
    package func stop() async throws(PostgresClusterError) {
        guard FilePaths.exists(configuration.directory) else { return }
        let lock = try await ClusterLock.take(configuration.directory, patience: configuration.patience)
        defer { lock.release() }
        let placement = try await ClusterPlacement.resolve(configuration)
        guard case .running = Postmaster.find(data: placement.data) else { return }
        let programs = try await ClusterPrograms.find(
            in: configuration.binaries, version: try existingVersion(placement), user: placement.user)
        let control = ClusterControl(placement: placement, programs: programs, patience: configuration.patience)
        try await control.stop()
    }

    /// The server's process, if it runs.
    package func process() async throws(PostgresClusterError) -> Int32? {
        guard FilePaths.exists(configuration.directory) else { return nil }
        let placement = try await ClusterPlacement.resolve(configuration)
        guard case .running(let postmaster) = Postmaster.find(data: placement.data) else { return nil }
        return postmaster.process
    }

    // MARK: Steps

    /// The version that an existing cluster needs.
    private func existingVersion(_ placement: ClusterPlacement) throws(PostgresClusterError) -> Int? {
        guard placement.exists else { return nil }
        let lines = FilePaths.text("\(placement.data)/PG_VERSION")?.split(separator: "\n")
        guard let first = lines?.first, let version = Int(first) else {
            throw .corrupt(directory: placement.data, reason: "PG_VERSION is missing or holds no number")
        }
        guard FilePaths.exists("\(placement.data)/global/pg_control") else {
            throw .corrupt(directory: placement.data, reason: "global/pg_control is missing")
        }
        return version
    }

    /// Makes the cluster under another name first, so that a half-made one is never taken for a whole one.
    private func initialize(
        _ placement: ClusterPlacement, _ programs: ClusterPrograms
    ) async throws(PostgresClusterError) {
        let user = placement.user
        try await user.require("rm -rf \"$1\"/data.new*", placement.home)
        let fresh = "\(placement.home)/data.new.\(UInt32.random(in: .min ... .max))"
        var arguments = [
            "--pgdata=\(fresh)", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
            "--data-checksums", "--no-instructions",
        ]
        if configuration.settings["fsync"] == "off" { arguments.append("--no-sync") }
        let made = try await user.run(programs.initdb, arguments)
        guard made.isSuccess else { throw .initializationFailed(output: made.output) }
        try await user.require(
            "echo \"include_if_exists = '\(Self.settingsName)'\" >> \"$1/postgresql.conf\" && mv \"$1\" \"$2\"",
            fresh, placement.data)
    }

    private static let settingsName = "embedded.conf"

    /// - Returns: whether the file says something new.
    private func writeSettings(_ placement: ClusterPlacement) async throws(PostgresClusterError) -> Bool {
        let path = "\(placement.data)/\(Self.settingsName)"
        let text = configuration.settingsFile(socketDirectory: placement.socketDirectory)
        if FilePaths.text(path, last: 65_536) == text { return false }
        try await placement.user.require(
            "umask 077; cat > \"$1.new\" && mv \"$1.new\" \"$1\"", path, input: text)
        return true
    }

    private func makeDatabase(_ postmaster: Postmaster) async throws(PostgresClusterError) -> PostgresConfiguration {
        let server = PostgresConfiguration(
            socketDirectory: postmaster.socketDirectory, port: postmaster.port, database: "postgres", user: "postgres")
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(server)
            let name = configuration.database
            let known = try await connection.query("SELECT 1 AS one FROM pg_database WHERE datname = $1", [name])
            if known.isEmpty {
                let quoted = name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
                try await connection.execute(script: "CREATE DATABASE \"\(quoted)\"")
            }
            await connection.close()
        } catch {
            throw .unusable(error)
        }
        return PostgresConfiguration(
            socketDirectory: postmaster.socketDirectory, port: postmaster.port, database: configuration.database,
            user: "postgres")
    }
}
