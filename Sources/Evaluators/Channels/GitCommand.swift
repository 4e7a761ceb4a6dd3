// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess
import SystemPackage

/// Runs git with no settings of the user or machine, no hooks, and no protocol that runs programs.
struct GitCommand: Sendable {
    /// - Parameters:
    ///   - environment: added to what is inherited.
    ///   - input: its standard input.
    ///   - limit: after this it is ended; a transfer that stands still is ended sooner.
    /// - Returns: the standard output.
    /// - Throws: `EvaluationError.git` with what git complained of.
    @discardableResult
    static func run(
        _ arguments: [String], in repository: String? = nil, environment: [String: String] = [:], input: String = "",
        limit: Duration = .seconds(3600)
    ) async throws -> String {
        let name = arguments.first ?? ""
        return try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                let result = try await start(arguments, repository, environment, input)
                guard result.isSuccess else { throw EvaluationError.git(name, result.complaint) }
                return result.output
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw EvaluationError.git(name, "it was ended after \(limit.components.seconds) s")
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() else { throw CancellationError() }
            return output
        }
    }

    private static let settings = [
        "core.hooksPath=/dev/null", "safe.directory=*", "gc.auto=0", "core.autocrlf=false", "core.fsmonitor=false",
        "http.lowSpeedLimit=100", "http.lowSpeedTime=120",
    ]

    private static func start(
        _ arguments: [String], _ repository: String?, _ environment: [String: String], _ input: String
    ) async throws -> (isSuccess: Bool, output: String, complaint: String) {
        let safe: [Environment.Key: String?] = [
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "https:http:git:ssh:file", "GIT_ASKPASS": "true", "LC_ALL": "C", "GIT_DIR": nil,
            "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil, "GIT_CONFIG_COUNT": nil, "GIT_CONFIG_PARAMETERS": nil,
        ]
        let more = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let prefix = (repository.map { ["--git-dir=\($0)"] } ?? []) + settings.flatMap { ["-c", $0] }
        let result = try await Subprocess.run(
            .name("git"), arguments: Arguments(prefix + arguments),
            environment: .inherit.updating(safe.merging(more, uniquingKeysWith: { $1 })), input: .string(input),
            output: .string(limit: 256 << 20), error: .string(limit: 1 << 20))
        return (
            result.terminationStatus.isSuccess, result.standardOutput,
            result.standardError.trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }
}
