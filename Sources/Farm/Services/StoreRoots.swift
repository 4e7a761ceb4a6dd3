// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon

/// Links that keep items of the farm's store from being collected, one for each, in a directory that the store's daemon
/// looks through.
struct StoreRoots: Sendable {
    let directory: String
    let store: StoreDirectory

    init(of store: HostStore) {
        directory = store.rootsDirectory
        self.store = store.logicalDirectory
    }

    /// A folder for the first two characters: no folder gets too many links.
    private func folder(_ baseName: String) -> String { "\(directory)/\(baseName.prefix(2))" }

    /// Makes the links that are missing and removes those of nothing in `kept` (base names).
    func set(_ kept: Set<String>) throws {
        let files = FileManager.default
        try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var present: Set<String> = []
        for folder in try files.contentsOfDirectory(atPath: directory) {
            for name in (try? files.contentsOfDirectory(atPath: "\(directory)/\(folder)")) ?? [] {
                if kept.contains(name) {
                    present.insert(name)
                } else {
                    try files.removeItem(atPath: "\(directory)/\(folder)/\(name)")
                }
            }
        }
        for name in kept.subtracting(present) {
            guard let path = try? StorePath(store, baseName: name) else { continue }
            try files.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: "\(folder(name))/\(name)", withDestinationPath: path.description)
        }
    }
}
