// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

/// Runs `body` with an empty folder that is gone afterwards, also where stores made it read-only.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = "\(NSTemporaryDirectory())/almanac-evaluators-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer {
        let files = FileManager.default
        for name in files.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            let path = "\(folder)/\(name)"
            let type = try? files.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            if type == .typeDirectory { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
        }
        try? files.removeItem(atPath: folder)
    }
    try await body(folder)
}

func write(_ text: String, to file: String) throws {
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: file, atomically: true, encoding: .utf8)
}
