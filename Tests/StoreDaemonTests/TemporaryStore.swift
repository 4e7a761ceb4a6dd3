// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon

/// A fresh store, of Nix or of Guix with a daemon of its own, in a directory that goes with it.
final class TemporaryStore: Sendable {
    let root: URL
    let host: HostStore
    /// Only with Guix, whose daemon is not started by who speaks to it.
    private let daemon: GuixDaemonProcess?

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
        daemon = nil
    }

    /// One in which can be built: its files lie where derivations say.
    init(of engine: StoreEngine) async throws {
        root = URL(fileURLWithPath: "/tmp/almanac-store-\(UUID().uuidString.prefix(13))")
        let logical = try StoreDirectory("\(root.path)/store")
        switch engine {
        case .nix:
            host = try HostStore.nix(dataDirectory: root.path, logicalDirectory: logical)
            daemon = nil
        case .guix:
            let daemon = try GuixDaemonProcess(root: root.path)
            host = try HostStore.guix(dataDirectory: root.path, socket: daemon.socket, directory: logical)
            self.daemon = daemon
            // Of two first clients each would make the database.
            _ = try await host.isValid(StorePath(logical, baseName: "00000000000000000000000000000000-nope"))
        }
    }

    /// The engines that this machine has.
    static let engines = StoreEngine.allCases.filter { engine in
        switch engine {
        case .nix: hasNix
        case .guix: GuixDaemonProcess.isInstalled
        }
    }

    deinit {
        daemon?.stop()
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
        let environment = host.environment.merging(["PATH": "/usr/bin:/bin"]) { one, _ in one }
        return try Self.run(
            "/usr/bin/\(program)", arguments, environment.merging(changes) { _, other in other })
    }

    /// Runs `guix` on the store.
    func guix(_ arguments: [String], input: String = "") throws -> Output {
        let (guix, environment) = (GuixDaemonProcess.guix ?? "guix", daemon?.environment ?? [:])
        return try Self.run(guix, arguments, host.environment.merging(environment) { one, _ in one }, input: input)
    }

    private static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], input: String = ""
    ) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        let source = Pipe()
        process.standardInput = source
        try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try source.fileHandleForWriting.close()
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
