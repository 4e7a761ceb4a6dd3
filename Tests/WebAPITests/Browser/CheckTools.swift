// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess
import SystemPackage
import Testing

/// The programs that `ops/check-tools` installs.
enum CheckTools {
    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static func path(of program: String) -> String { "\(checkout)/.build/check-tools/bin/\(program)" }

    static func isThere(_ programs: String...) -> Bool {
        programs.allSatisfy { FileManager.default.isExecutableFile(atPath: $0.hasPrefix("/") ? $0 : path(of: $0)) }
    }

    struct Ended: Sendable {
        var isSuccess: Bool
        var output: String
        var errors: String
    }

    /// Runs one to its end, in a folder where it may leave files.
    static func run(
        _ program: String, _ arguments: [String], input: String = "", in folder: LogFolder
    ) async throws -> Ended {
        let ended = try await Subprocess.run(
            .path(FilePath(path(of: program))), arguments: Arguments(arguments),
            workingDirectory: FilePath(folder.path), input: .string(input),
            output: .string(limit: 1 << 22), error: .string(limit: 1 << 22))
        return Ended(
            isSuccess: ended.terminationStatus.isSuccess, output: ended.standardOutput,
            errors: ended.standardError)
    }
}
