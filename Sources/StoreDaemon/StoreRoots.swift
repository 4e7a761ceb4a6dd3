// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import Foundation

/// Links that keep items of a farm's own store from being collected, one for each, in a directory that the store's daemon
/// looks through.
package struct StoreRoots: Sendable {
    private let directory: String
    private let store: StoreDirectory

    init(directory: String, store: StoreDirectory) {
        self.directory = directory
        self.store = store
    }

    /// A folder for the first two characters: no folder gets too many links.
    private func folder(_ baseName: String) -> String { "\(directory)/\(baseName.prefix(2))" }

    /// Links that are about to go, and keep their items until they do.
    private var aside: String { "\(directory)/aside" }

    /// Makes the links that are missing.
    ///
    /// - Returns: the items that had none.
    func add(_ paths: some Sequence<StorePath>) throws -> [StorePath] {
        try paths.filter { path in
            let folder = folder(path.baseName)
            let link = "\(folder)/\(path.baseName)"
            if symlink(path.description, link) == 0 { return true }
            if errno == ENOENT {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                if symlink(path.description, link) == 0 { return true }
            }
            guard errno == EEXIST else { throw StoreDaemonError.file(path: link, operation: "linking", code: errno) }
            return false
        }
    }

    /// Makes the links that are missing and removes those of nothing that must stay.
    ///
    /// What is taken into the store meanwhile, under a link that is already there, keeps it: links go only after they were
    /// put aside and the second look did not find their items needed.
    ///
    /// - Parameters:
    ///   - kept: base names.
    ///   - needed: base names of what must stay now, or may have to in a moment.
    package func set(_ kept: Set<String>, unless needed: () async throws -> Set<String>) async throws {
        let files = FileManager.default
        try files.createDirectory(atPath: aside, withIntermediateDirectories: true)
        var missing = kept
        for folder in try files.contentsOfDirectory(atPath: directory) where "\(directory)/\(folder)" != aside {
            for name in (try? files.contentsOfDirectory(atPath: "\(directory)/\(folder)")) ?? []
            where missing.remove(name) == nil {
                try call("moving", "\(directory)/\(folder)/\(name)") { rename($0, "\(aside)/\(name)") }
            }
        }
        try add(named: missing)
        let doubtful = try files.contentsOfDirectory(atPath: aside)
        if doubtful.isEmpty { return }
        try add(named: try await needed().intersection(doubtful))
        for name in doubtful { try call("removing", "\(aside)/\(name)") { unlink($0) } }
    }

    private func add(named names: Set<String>) throws {
        _ = try add(names.compactMap { try? StorePath(store, baseName: $0) })
    }

    /// Another sweep may have been faster.
    private func call(_ operation: String, _ link: String, _ function: (String) -> Int32) throws {
        guard function(link) == 0 || errno == ENOENT else {
            throw StoreDaemonError.file(path: link, operation: operation, code: errno)
        }
    }
}
