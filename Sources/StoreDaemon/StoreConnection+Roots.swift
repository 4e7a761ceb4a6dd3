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

    /// Deletes what nothing keeps alive.
    ///
    /// - Parameter limit: stop after so many bytes.
    /// - Returns: what was deleted, and the bytes that it held.
    package func collectGarbage(
        limit: UInt64 = UInt64.max
    ) async throws -> (deleted: [StorePath], freed: UInt64) {
        try await operate(.collectGarbage) { request in
            request.integer(2)  // Delete all that is dead.
            request.paths([])
            request.boolean(false)  // Spare the living.
            request.integer(limit)
            for _ in 0..<3 { request.integer(0) }
        } answer: { channel in
            let deleted = try await channel.paths()
            let freed = try await channel.integer()
            _ = try await channel.integer()
            return (deleted, freed)
        }
    }
}
