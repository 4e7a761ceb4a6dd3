// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess
import SystemPackage

/// Runs programs of this machine that fetch things; each is given a time, and is ended when it has passed.
enum HostTool {
    struct Answer: Sendable {
        let status: Int32
        let output: String
        let errors: String

        var isSuccess: Bool { status == 0 }

        /// The last lines it complained with.
        var complaint: String {
            let lines = errors.split(separator: "\n").suffix(4).joined(separator: "; ")
            return lines.isEmpty ? "exit status \(status)" : lines
        }
    }

    /// - Throws: `SourceError.missingProgram`, `.tookTooLong`, or `CancellationError`.
    static func run(
        _ program: String, _ arguments: [String], in directory: String? = nil, limit: Duration = .seconds(600)
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .name(program), arguments: Arguments(arguments), workingDirectory: directory.map { FilePath($0) },
                    output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
                let status: Int32 =
                    switch result.terminationStatus {
                    case .exited(let code): code
                    case .signaled(let signal): 128 + signal
                    }
                return Answer(status: status, output: result.standardOutput, errors: result.standardError)
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw SourceError.tookTooLong(program: program, limit: limit)
            }
            defer { group.cancelAll() }
            do {
                guard let answer = try await group.next() else { throw CancellationError() }
                return answer
            } catch let error as SubprocessError {
                if Task.isCancelled { throw CancellationError() }
                throw SourceError.missingProgram(program, reason: "\(error)")
            }
        }
    }
}

/// Why a source was not fetched.
package enum SourceError: Error, CustomStringConvertible {
    case missingProgram(String, reason: String)
    case tookTooLong(program: String, limit: Duration)
    /// The place is known and has it no more.
    case notThere(String)
    case failed(String)
    case hashMismatch(url: String, expected: String, found: String)
    case unknownAddress(String)
    case noFixedOutput(String)
    /// Several places, and what each of them said.
    case tried([PlaceFinding])

    package var description: String {
        switch self {
        case .missingProgram(let program, let reason): "cannot run \(program): \(reason). Run ops/setup."
        case .tried(let findings): findings.map(\.reason).joined(separator: "; ")
        case .tookTooLong(let program, let limit): "\(program) was ended after \(limit)"
        case .notThere(let text), .failed(let text): text
        case .hashMismatch(let url, let expected, let found): "\(url) has the hash \(found), not \(expected)"
        case .unknownAddress(let url): "nobody here knows how to fetch '\(url)'"
        case .noFixedOutput(let name): "\(name) is no fixed-output derivation"
        }
    }

    /// What each place said that was tried.
    package var findings: [PlaceFinding] {
        if case .tried(let findings) = self { return findings }
        return [PlaceFinding(place: "original", address: "", answer: isFinal ? .absent : .silent, reason: description)]
    }

    /// Whether trying again later can help.
    var isFinal: Bool {
        switch self {
        case .notThere, .hashMismatch, .unknownAddress, .noFixedOutput: true
        case .missingProgram, .tookTooLong, .failed: false
        case .tried(let findings): findings.allSatisfy { $0.answer == .absent }
        }
    }
}
