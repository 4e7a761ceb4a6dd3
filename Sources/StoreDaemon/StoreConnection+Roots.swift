// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension StoreConnection {
    /// Keeps a path from being collected while this connection is open.
    package func addTempRoot(_ path: StorePath) async throws {
        try await operate(.addTempRoot) { $0.path(path) }
    }

    /// Keeps what the symbolic link at `link`, outside the store, points to.
    package func addIndirectRoot(_ link: String) async throws {
        try await operate(.addIndirectRoot) { $0.text(link) }
    }

    /// Has a collection that is under way, and may have looked at the links before those of `paths` were made, spare them.
    ///
    /// Nix's is told of them. Guix's cannot be, and is waited for; what this connection added it spares by itself.
    func awaitCollection(of paths: [StorePath]) async throws {
        switch dialect {
        case .nix: for path in paths { try await addTempRoot(path) }
        case .guix: try await operate(.syncWithCollection) { _ in }
        }
    }

    /// Makes a path valid by substitution, if it can be.
    package func ensure(_ path: StorePath, log: @escaping LogHandler = { _ in }) async throws {
        try await operate(.ensurePath, exchange: DaemonExchange(log: log)) { $0.path(path) }
    }

    /// The links that keep paths alive, and the paths.
    package func roots() async throws -> [(link: String, path: StorePath)] {
        try await operate(.findRoots) { _ in
        } answer: { channel in
            var roots: [(link: String, path: StorePath)] = []
            for _ in 0..<(try await channel.count(of: "roots", limit: 1 << 20)) {
                let link = try await channel.text()
                roots.append((link, try await channel.path()))
            }
            return roots
        }
    }

    /// What the daemon is to do with garbage, by its numbers.
    private enum Collection: UInt64 {
        case returnDead = 1
        case deleteDead = 2
        case deleteNamed = 3
    }

    /// What nothing keeps alive; nothing is deleted.
    package func deadPaths() async throws -> Set<StorePath> {
        Set(try await collect(.returnDead, [], limit: .max).paths)
    }

    /// Deletes items that nothing keeps alive, and what refers to them.
    ///
    /// - Returns: the bytes that they held.
    /// - Throws: `StoreDaemonError.refused` when one of them is alive; those before it are gone.
    package func delete(_ paths: [StorePath]) async throws -> UInt64 {
        try await collect(.deleteNamed, paths, limit: .max).freed
    }

    /// Deletes what nothing keeps alive.
    ///
    /// - Parameter limit: stop after so many bytes.
    /// - Returns: what was deleted, and the bytes that it held.
    package func collectGarbage(
        limit: UInt64 = UInt64.max
    ) async throws -> (deleted: [StorePath], freed: UInt64) {
        let (paths, freed) = try await collect(.deleteDead, [], limit: limit)
        return (paths, freed)
    }

    private func collect(
        _ collection: Collection, _ paths: [StorePath], limit: UInt64
    ) async throws -> (paths: [StorePath], freed: UInt64) {
        try await operate(.collectGarbage) { request in
            request.integer(collection.rawValue)
            request.paths(paths)
            request.boolean(false)  // Spare the living.
            request.integer(limit)
            for _ in 0..<3 { request.integer(0) }
        } answer: { channel in
            let found = try await channel.paths()
            let freed = try await channel.integer()
            _ = try await channel.integer()
            return (found, freed)
        }
    }
}
