// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess
import SystemPackage

/// The program `almanac` as it was built with these tests, run as a user runs it.
enum AlmanacProgram {
    struct Answer {
        let status: Int32?
        let output: String
        let errors: String
    }

    /// - Parameter environment: all of it, beside `PATH`.
    static func run(
        _ arguments: [String], in folder: String, environment: [String: String] = [:], path: String? = nil,
        input: String = ""
    ) async throws -> Answer {
        var all: [Environment.Key: String] = [
            "PATH": path ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": folder,
            "ALMANAC_DATA": folder + "/data", "TMPDIR": NSTemporaryDirectory(),
        ]
        for (name, value) in environment { all[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: .custom(all),
            workingDirectory: FilePath(folder), input: .string(input), output: .string(limit: 16 << 20),
            error: .string(limit: 16 << 20))
        let status: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
        return Answer(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// Beside the tests' own program.
    private static var program: String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (tests as NSString).deletingLastPathComponent + "/almanac"
    }
}

/// Runs `body` with an empty folder that is gone afterwards.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = "\(NSTemporaryDirectory())/almanac-command-\(UUID().uuidString.prefix(8))"
        .replacing("//", with: "/")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer {
        let files = FileManager.default
        for name in files.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            // Stores make theirs read-only.
            try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(name)")
        }
        try? files.removeItem(atPath: folder)
    }
    try await body(folder)
}
