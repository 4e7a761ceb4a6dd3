// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation

/// What was recorded from a real Guix; too large to ship, so it may be absent.
enum RecordedGuix {
    static let directory: URL? = {
        let environment = ProcessInfo.processInfo.environment["ALMANAC_SHARED"].map { URL(fileURLWithPath: $0) }
        let beside = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .deletingLastPathComponent().appendingPathComponent("shared")
        return [environment, beside].compactMap { $0?.appendingPathComponent("data/guix") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static var isPresent: Bool { directory != nil }

    /// Every recorded `.drv` in a folder, by store path.
    static func derivations(in folder: String) throws -> [StorePath: [UInt8]] {
        guard let directory else { return [:] }
        var found: [StorePath: [UInt8]] = [:]
        let folder = directory.appendingPathComponent(folder)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".drv") {
            guard let path = try? StorePath(.guix, baseName: name) else { continue }
            found[path] = Array(try Data(contentsOf: folder.appendingPathComponent(name)))
        }
        return found
    }

    static func sample(_ name: String) throws -> [UInt8] {
        guard let directory else { return [] }
        return Array(try Data(contentsOf: directory.appendingPathComponent("samples").appendingPathComponent(name)))
    }
}
