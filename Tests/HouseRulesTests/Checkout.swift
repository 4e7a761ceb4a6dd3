// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

/// The files of this checkout, by their paths from its root.
struct Checkout {
    let root: URL

    init() {
        root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent()
    }

    /// Files below `folders` for whose path `isWanted` holds, sorted; links to folders are followed once.
    func files(in folders: [String], where isWanted: (String) -> Bool) throws -> [File] {
        var paths: [String] = []
        for folder in folders {
            let start = root.appendingPathComponent(folder).resolvingSymlinksInPath().path
            guard let entries = FileManager.default.enumerator(atPath: start) else { continue }
            for case let entry as String in entries where isWanted("\(folder)/\(entry)") {
                paths.append("\(folder)/\(entry)")
            }
        }
        return try paths.sorted().compactMap { try file($0) }
    }

    /// Nil where no such file is, or it is a folder or no text.
    func file(_ path: String) throws -> File? {
        let place = root.appendingPathComponent(path)
        guard exists(path), !isFolder(path), let text = String(validating: try Data(contentsOf: place), as: UTF8.self)
        else { return nil }
        return File(path: path, text: text)
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    private func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder)
        return isFolder.boolValue
    }

    struct File: CustomTestStringConvertible {
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var testDescription: String { path }
    }
}
