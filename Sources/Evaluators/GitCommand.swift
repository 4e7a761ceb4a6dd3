// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess
import SystemPackage

/// Runs git with no settings of the user or machine, no hooks, and no protocol that runs programs.
struct GitCommand: Sendable {
    /// - Parameter environment: added to what is inherited.
    /// - Returns: the standard output.
    /// - Throws: `EvaluationError.git` with what git complained of.
    @discardableResult
    static func run(
        _ arguments: [String], in repository: String? = nil, environment: [String: String] = [:]
    ) async throws -> String {
        let safe: [Environment.Key: String?] = [
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "https:http:git:ssh:file", "GIT_ASKPASS": "true", "LC_ALL": "C", "GIT_DIR": nil,
            "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil,
        ]
        let more = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let prefix = repository.map { ["--git-dir=\($0)"] } ?? []
        let result = try await Subprocess.run(
            .name("git"),
            arguments: Arguments(
                prefix + ["-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-c", "gc.auto=0"] + arguments),
            environment: .inherit.updating(safe.merging(more, uniquingKeysWith: { $1 })),
            output: .string(limit: 256 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw EvaluationError.git(
                arguments.first ?? "", result.standardError.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return result.standardOutput
    }
}

/// Why a channel or a revision of it cannot be evaluated.
package enum EvaluationError: Error, CustomStringConvertible {
    case git(String, String)
    case noRevision(String)
    case unknownPackages([String], suggestions: [String])
    case evaluator(String, log: String)
    case tookTooLong(Duration, log: String)
    case unsupported(String)
    case badFile(String, String)

    package var description: String {
        switch self {
        case .git(let command, let complaint): "git \(command) failed: \(complaint)"
        case .noRevision(let what): "the channel has no \(what)"
        case .unknownPackages(let names, let suggestions):
            "no package is named \(names.map { "'\($0)'" }.joined(separator: ", "))"
                + (suggestions.isEmpty ? "" : "; similar: \(suggestions.joined(separator: ", "))")
        case .evaluator(let message, _): message
        case .tookTooLong(let limit, _): "the evaluation was stopped after \(limit)"
        case .unsupported(let what): what
        case .badFile(let file, let reason): "\(file): \(reason)"
        }
    }

    /// What the evaluator printed.
    package var log: String {
        switch self {
        case .evaluator(_, let log), .tookTooLong(_, let log): log
        case .git, .noRevision, .unknownPackages, .unsupported, .badFile: ""
        }
    }
}
