// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import Foundation

extension HostStore {
    /// Where links keep items of a farm's own store from being collected: below the daemon's state.
    package var rootsDirectory: String {
        let state = (spoolDirectory as NSString).deletingLastPathComponent + "/var"
        return switch engine {
        case .guix: state + "/gcroots/almanac"
        case .nix: state + "/nix/gcroots/almanac"
        }
    }

    /// The links that keep items; nil of the machine's own store, whose daemon does not look there.
    package var roots: StoreRoots? {
        switch access {
        case .child, .own: StoreRoots(directory: rootsDirectory, store: logicalDirectory)
        case .socket: nil
        }
    }

    /// Has items stay that `connection` has just added, also when it is closed, until the farm's sweep removes their links.
    ///
    /// The daemon keeps them as long as the connection is open; before it is closed, any collection knows of the links.
    func keep(_ paths: [StorePath], over connection: StoreConnection) async throws {
        guard let roots else { return }
        _ = try roots.add(paths)
        try await connection.awaitCollection(of: paths)
    }

    /// Has those of `paths` stay that are in the store, and tells which these are.
    package func keepValid(among paths: [StorePath]) async throws -> Set<StorePath> {
        try await withConnection { connection in
            let valid = try await connection.validPaths(among: paths)
            guard let roots else { return valid }
            let new = try roots.add(valid)
            if new.isEmpty { return valid }
            try await connection.awaitCollection(of: new)
            // A collection may have been faster than the links.
            return valid.subtracting(new).union(try await connection.validPaths(among: new))
        }
    }
}
