// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a channel or a revision of it cannot be evaluated.
package enum EvaluationError: Error, CustomStringConvertible {
    case git(String, String)
    case noRevision(String)
    case unknownPackages([String], suggestions: [String])
    case evaluator(String, log: String)
    case notAuthentic(channel: String, commit: String, reason: String, log: String)
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
        case .notAuthentic(let channel, let commit, let reason, _):
            "commit \(commit.prefix(12)) of the channel '\(channel)' could not be authenticated by Guix: \(reason)"
        case .tookTooLong(let limit, _): "the evaluation was stopped after \(limit)"
        case .unsupported(let what): what
        case .badFile(let file, let reason): "\(file): \(reason)"
        }
    }

    /// What the evaluator printed.
    package var log: String {
        switch self {
        case .evaluator(_, let log), .tookTooLong(_, let log), .notAuthentic(_, _, _, let log): log
        case .git, .noRevision, .unknownPackages, .unsupported, .badFile: ""
        }
    }
}
