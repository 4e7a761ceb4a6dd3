// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Runs `body` with an empty folder that is gone afterwards, also where stores made it read-only.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try newTemporaryFolder()
    defer { removeFolder(folder) }
    return try body(folder)
}

func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = try newTemporaryFolder()
    defer { removeFolder(folder) }
    return try await body(folder)
}

private func newTemporaryFolder() throws -> String {
    let folder = "\(NSTemporaryDirectory())/almanac-sources-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
}

private func removeFolder(_ folder: String) {
    let files = FileManager.default
    for name in files.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
        let path = "\(folder)/\(name)"
        let type = try? files.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        if type == .typeDirectory { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
    }
    try? files.removeItem(atPath: folder)
}
