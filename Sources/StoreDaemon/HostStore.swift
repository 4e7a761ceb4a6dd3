// SPDX-License-Identifier: GPL-3.0-or-later

internal import ByteStreams
package import Derivations
internal import Foundation

/// The store on this machine: what derivations call it, where its files lie, and how to reach its daemon.
///
/// The files may lie elsewhere than derivations say (Nix allows it), so that no root is needed. Every method
/// opens a connection of its own; take `connect()` for many operations in a row.
package struct HostStore: Sendable {
    package let engine: StoreEngine
    /// The directory that store paths begin with.
    package let logicalDirectory: StoreDirectory
    /// The directory that holds the files.
    package let physicalDirectory: String
    /// What command-line programs of the engine need in their environment, beside `PATH`.
    package let environment: [String: String]
    let access: DaemonAccess
    /// Where archives wait until they are checked; on the store's file system.
    let spoolDirectory: String
    /// What imports are signed with; nil with Nix, which believes a client that it trusts.
    package let signingKey: StoreSigningKey?

    init(
        engine: StoreEngine, logicalDirectory: StoreDirectory, physicalDirectory: String,
        environment: [String: String], access: DaemonAccess, spoolDirectory: String,
        signingKey: StoreSigningKey? = nil
    ) {
        self.engine = engine
        self.logicalDirectory = logicalDirectory
        self.physicalDirectory = physicalDirectory
        self.environment = environment
        self.access = access
        self.spoolDirectory = spoolDirectory
        self.signingKey = signingKey
    }
}

/// Which program keeps a store.
package enum StoreEngine: String, Sendable, Hashable, CaseIterable {
    case guix
    case nix
}

/// How a daemon is reached.
enum DaemonAccess: Sendable {
    case child(executable: String, arguments: [String])
    case own(OwnGuixDaemon)
    case socket(path: String)
}

extension HostStore {
    /// Opens a connection to the store's daemon; close it after use.
    ///
    /// The default settings build nothing on this machine.
    package func connect(settings: BuildSettings = HostStore.buildingNothing) async throws -> StoreConnection {
        switch access {
        case .child(let executable, let arguments):
            return try await connect(executable, arguments, childEnvironment, settings)
        case .own(let daemon):
            return try await connect(
                OwnGuixDaemon.container, try await daemon.arguments(), daemon.environment, settings)
        case .socket(let path):
            return try await StoreConnection.open(over: try SocketStream(connectingTo: path), settings: settings)
        }
    }

    private func connect(
        _ executable: String, _ arguments: [String], _ environment: [String: String], _ settings: BuildSettings
    ) async throws -> StoreConnection {
        let child = try ChildProcessStream(executable: executable, arguments: arguments, environment: environment)
        do {
            return try await StoreConnection.open(over: child, settings: settings)
        } catch StoreDaemonError.connectionLost(let reason) {
            await child.close()
            throw StoreDaemonError.connectionLost("\(reason); \(executable) said: \(child.lastErrors())")
        }
    }

    package static var buildingNothing: BuildSettings {
        var settings = BuildSettings()
        settings.jobs = 0
        return settings
    }

    /// Runs `operation` with a connection and closes it, whatever happens.
    package func withConnection<Result: Sendable>(
        settings: BuildSettings = HostStore.buildingNothing,
        _ operation: @Sendable (StoreConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await connect(settings: settings)
        do {
            let result = try await operation(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension HostStore {
    /// Where the files of a store item lie on this machine.
    package func physicalPath(of path: StorePath) -> String {
        "\(physicalDirectory)/\(path.baseName)"
    }

    /// Folders that command-line programs of the engine write to when they add to the store.
    package var writablePlaces: [String] {
        switch engine {
        case .guix: []
        case .nix: [physicalDirectory, (spoolDirectory as NSString).deletingLastPathComponent]
        }
    }

    package func isValid(_ path: StorePath) async throws -> Bool {
        try await withConnection { try await $0.isValid(path) }
    }

    /// Everything that valid `paths` need at run time, themselves included, references first, each once.
    package func closure(of paths: [StorePath]) async throws -> [PathInfo] {
        try await withConnection { try await $0.closure(of: paths) }
    }

    /// Reads and parses a `.drv` from the store's files.
    ///
    /// - Throws: `StoreDaemonError.notValid` where there is none.
    package func derivation(at path: StorePath) throws -> Derivation {
        guard let bytes = try StoreFile.read(physicalPath(of: path), limit: Derivation.largestFile) else {
            throw StoreDaemonError.notValid(path)
        }
        return try Derivation(parsing: bytes)
    }
}
