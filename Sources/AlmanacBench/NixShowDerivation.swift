// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon

/// `nix show-derivation` on derivations that no store of this machine has: they are put into one of their own.
struct NixShowDerivation {
    private let files: [DerivationsBenchmark.File]

    init(_ files: [DerivationsBenchmark.File]) {
        self.files = files
    }

    /// CPU seconds of the program and the system for it, its start among them; nil where there is no `nix`.
    func seconds() throws -> Double? {
        guard Self.run(["nix", "--version"], environment: [:], input: nil) == 0 else { return nil }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-bench-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try HostStore.nix(dataDirectory: folder)
        for file in files {
            try Data(file.bytes).write(to: URL(fileURLWithPath: store.physicalPath(of: file.path)))
        }
        let validity = "\(folder)/validity"
        try Data(try registration().utf8).write(to: URL(fileURLWithPath: validity))
        guard Self.run(["nix-store", "--load-db"], environment: store.environment, input: validity) == 0 else {
            throw BenchmarkError(description: "nix-store --load-db did not take the derivations")
        }
        let command = ["nix", "--extra-experimental-features", "nix-command", "show-derivation"]
        let before = Self.childTime()
        guard Self.run(command + files.map(\.path.description), environment: store.environment, input: nil) == 0 else {
            throw BenchmarkError(description: "nix show-derivation failed")
        }
        return Self.childTime() - before
    }

    /// What `nix-store --load-db` reads: all derivations, and what they mention as items without files.
    private func registration() throws -> String {
        var mentioned: Set<StorePath> = []
        var text = ""
        for file in files {
            let references = try Derivation(parsing: file.bytes).references
            mentioned.formUnion(references)
            text += Self.entry(file.path, of: file.bytes, references: references.sorted())
        }
        for path in mentioned.subtracting(files.map(\.path)).sorted() {
            text += Self.entry(path, of: [], references: [])
        }
        return text
    }

    /// Path, hash and size of the archive, no deriver, references. The hash is not looked at.
    private static func entry(_ path: StorePath, of bytes: [UInt8], references: [StorePath]) -> String {
        let lines = [path.description, ContentHash.of(bytes).base16, String(bytes.count), "", String(references.count)]
        return (lines + references.map(\.description)).map { $0 + "\n" }.joined()
    }

    /// - Returns: the exit status; 127 where there is no such program.
    private static func run(_ command: [String], environment: [String: String], input: String?) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = input.flatMap { FileHandle(forReadingAtPath: $0) } ?? FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = input == nil && command.count < 4 ? FileHandle.nullDevice : FileHandle.standardError
        do { try process.run() } catch { return 127 }
        process.waitUntilExit()
        return process.terminationStatus
    }

    private static func childTime() -> Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_CHILDREN.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
