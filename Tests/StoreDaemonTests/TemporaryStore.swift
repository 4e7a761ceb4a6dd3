// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon

/// A fresh Nix store in a directory that goes with it.
final class TemporaryStore: Sendable {
    let root: URL
    let host: HostStore

    /// - Parameter isDiverted: whether the files lie elsewhere than derivations say; Nix builds in such a store
    ///   only inside a sandbox.
    convenience init(isDiverted: Bool = true) throws {
        try self.init(isDiverted ? .guix : nil)
    }

    /// - Parameter logicalDirectory: what derivations call the store; nil for where its files lie.
    init(_ logicalDirectory: StoreDirectory?) throws {
        root = URL(fileURLWithPath: "/tmp/almanac-store-\(UUID().uuidString.prefix(13))")
        let logical = try logicalDirectory ?? StoreDirectory("\(root.path)/store")
        host = try HostStore.nix(dataDirectory: root.path, logicalDirectory: logical)
    }

    deinit {
        // Store items are read-only, which would keep their directories from being emptied.
        if let names = FileManager.default.enumerator(atPath: root.path) {
            for case let name as String in names {
                let path = root.appendingPathComponent(name).path
                var isDirectory: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
                if exists && isDirectory.boolValue {
                    try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
                }
            }
        }
        try? FileManager.default.removeItem(at: root)
    }

    /// A new file outside the store.
    func file(_ name: String, _ contents: String) throws -> String {
        let path = root.appendingPathComponent(name)
        try Data(contents.utf8).write(to: path)
        return path.path
    }

    /// A new directory outside the store, with a file, an executable, links and a directory below it.
    func tree(_ name: String) throws -> String {
        let files = FileManager.default
        let top = root.appendingPathComponent(name)
        try files.createDirectory(at: top.appendingPathComponent("empty"), withIntermediateDirectories: true)
        try files.createDirectory(at: top.appendingPathComponent("deep/er"), withIntermediateDirectories: true)
        try Data("one\n".utf8).write(to: top.appendingPathComponent("file"))
        try Data("#!/bin/sh\n".utf8).write(to: top.appendingPathComponent("deep/run"))
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: top.appendingPathComponent("deep/run").path)
        try Data().write(to: top.appendingPathComponent("deep/er/nothing"))
        try Data(repeating: 7, count: 700_001).write(to: top.appendingPathComponent("Ünïcode"))
        try files.createSymbolicLink(
            atPath: top.appendingPathComponent("deep.link").path, withDestinationPath: "../nowhere/at all")
        return top.path
    }

    /// Whether Debian's nix-bin is installed.
    static let hasNix = FileManager.default.isExecutableFile(atPath: "/usr/bin/nix-daemon")

    /// Runs one of Nix's programs on the store, or on another that `changes` to the environment name.
    func run(_ program: String, _ arguments: [String], changes: [String: String] = [:]) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
        process.arguments = arguments
        process.environment = host.environment.merging(["PATH": "/usr/bin:/bin"]) { one, _ in one }
            .merging(changes) { _, other in other }
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let problems = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Output(
            status: process.terminationStatus, bytes: Array(text), errors: String(decoding: problems, as: UTF8.self))
    }

    struct Output {
        let status: Int32
        let bytes: [UInt8]
        let errors: String

        var text: String { String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }
}
