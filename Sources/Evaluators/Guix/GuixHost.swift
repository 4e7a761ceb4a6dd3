// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess

/// The Guix of this machine: the Guile that it runs on and where that finds libraries.
package struct GuixHost: Sendable, Hashable {
    /// The program itself, behind all links and wrappers.
    package let guile: String
    /// Folders of modules, links resolved; those of Guix itself are among them.
    package let loadPath: [String]
    package let compiledPath: [String]
    /// What `GUILE_EXTENSIONS_PATH` is for it.
    package let extensionsPath: String

    package init(guile: String, loadPath: [String], compiledPath: [String], extensionsPath: String) {
        self.guile = guile
        self.loadPath = loadPath
        self.compiledPath = compiledPath
        self.extensionsPath = extensionsPath
    }

    package static let missing = """
        engine guix needs Guix, and there is no 'guix' in PATH: install it (https://guix.gnu.org/download; on Debian the \
        package guix, or the project's guix-install.sh), start guix-daemon, and trigger the jobset again
        """

    /// Asks `guix` in `PATH`.
    ///
    /// - Throws: `EvaluationError.unsupported` with what to install or to mend.
    package static func find(limit: Duration = .seconds(600)) async throws -> GuixHost {
        let script = "\(NSTemporaryDirectory())/almanac-guix-\(UUID().uuidString).scm"
        defer { unlink(script) }
        try question.write(toFile: script, atomically: true, encoding: .utf8)
        let answer = try await ask(script, limit: limit)
        guard let host = GuixHost(answer: answer.output) else {
            throw EvaluationError.evaluator(
                "'guix repl' does not say where its Guile is; try 'guix repl --help': Guix 1.1 or later is needed",
                log: String((answer.output + answer.errors).suffix(1 << 16)))
        }
        return host
    }

    private static let question = """
        (define (say name values)
          (for-each (lambda (value) (display (string-append "almanac " name " " value)) (newline)) values))
        (say "guile" (list (readlink "/proc/self/exe")))
        (say "load" (map canonicalize-path (filter file-exists? %load-path)))
        (say "compiled" (map canonicalize-path (filter file-exists? %load-compiled-path)))
        (say "extensions" (list (or (getenv "GUILE_EXTENSIONS_PATH") "")))
        """

    private static func ask(_ script: String, limit: Duration) async throws -> (output: String, errors: String) {
        try await withThrowingTaskGroup(of: (String, String).self) { group in
            group.addTask {
                do {
                    let result = try await Subprocess.run(
                        .name("guix"), arguments: ["repl", script], output: .string(limit: 1 << 20),
                        error: .string(limit: 1 << 20))
                    return (result.standardOutput, result.standardError)
                } catch is SubprocessError {
                    try Task.checkCancellation()
                    throw EvaluationError.unsupported(missing)
                }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw EvaluationError.tookTooLong(limit, log: "guix repl \(script)")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    init?(answer: String) {
        var values: [String: [String]] = [:]
        for line in answer.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            if words.count == 3, words[0] == "almanac" {
                values[String(words[1]), default: []].append(String(words[2]))
            }
        }
        guard let guile = values["guile"]?.first, guile.hasPrefix("/"), let loadPath = values["load"] else {
            return nil
        }
        self.guile = guile
        self.loadPath = loadPath
        compiledPath = values["compiled"] ?? []
        extensionsPath = values["extensions"]?.first ?? ""
    }
}
