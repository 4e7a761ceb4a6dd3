// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
package import Jobsets
package import StoreDaemon
import Subprocess
import SystemPackage

/// Evaluates a Nix expression of a channel's checkout: a set of derivations, each an attribute of it.
///
/// The expression is hostile: it is evaluated restricted to its own files, without network and without building anything,
/// and is stopped at a limit of time and memory.
package struct NixEvaluator: Sendable {
    /// What an evaluation may take.
    package struct Limits: Sendable {
        package var time: Duration
        /// Bytes of address space.
        package var memory: Int

        package init(time: Duration = .seconds(900), memory: Int = 8 << 30) {
            self.time = time
            self.memory = memory
        }
    }

    private let store: HostStore
    private let limits: Limits

    package init(store: HostStore, limits: Limits = Limits()) {
        self.store = store
        self.limits = limits
    }

    /// - Parameters:
    ///   - checkout: the folder of the revision's files.
    ///   - expression: the file in it that is evaluated.
    /// - Throws: `EvaluationError` when the set itself does not evaluate, or a package is asked for that it lacks.
    package func evaluate(
        checkout: String, expression: String, packages: PackageSelection,
        progress: @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) async throws -> (jobs: [EvaluatedJob], log: String) {
        let file = "\(checkout)/\(expression)"
        let listing = try await nix(
            ["--eval", "--strict", "--json", "--expr", "builtins.attrNames (import \(Self.quoted(path: file)) { })"],
            checkout: checkout)
        guard listing.isSuccess else {
            throw EvaluationError.evaluator(Self.firstError(listing.errors), log: listing.errors)
        }
        let all = try JSONDecoder().decode([String].self, from: Data(listing.output.utf8))
        let names = try Self.select(packages, from: all)
        var jobs: [EvaluatedJob] = []
        var log = listing.errors
        for (index, name) in names.enumerated() {
            try Task.checkCancellation()
            let answer = try await nix(["--attr", Self.quoted(attribute: name), file], checkout: checkout)
            jobs.append(try job(name, answer))
            if !answer.isSuccess { log += "\(name):\n\(answer.errors)\n" }
            progress(index + 1, names.count)
        }
        return (jobs, String(log.suffix(1 << 20)))
    }

    private func job(_ name: String, _ answer: Answer) throws -> EvaluatedJob {
        let paths = answer.output.split(separator: "\n").map { $0.prefix { $0 != "!" } }
        guard answer.isSuccess, let text = paths.last else {
            return EvaluatedJob(
                name: name, package: name, version: "", system: "",
                derivation: .failure(PackageFailure(message: Self.firstError(answer.errors))))
        }
        let path = try StorePath(parsing: String(text))
        let derivation = try store.derivation(at: path)
        var meta: [String: String] = [:]
        for key in ["timezone", "released"] { meta[key == "released" ? "release" : key] = derivation[variable: key] }
        return EvaluatedJob(
            name: name, package: derivation[variable: "pname"] ?? name, version: derivation[variable: "version"] ?? "",
            system: derivation.system, derivation: .success(path), meta: meta)
    }

    private struct Answer: Sendable {
        let isSuccess: Bool
        let output: String
        let errors: String
    }

    /// One run of nix-instantiate, in its limits.
    private func nix(_ arguments: [String], checkout: String) async throws -> Answer {
        let options = [
            "--option", "restrict-eval", "true", "--option", "allow-import-from-derivation", "false", "--option",
            "allowed-uris", "", "-I", checkout, "--quiet", "--no-build-output",
        ]
        let changes = store.environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let command = ["--as=\(limits.memory)", "--core=0", "--", "nix-instantiate"] + options + arguments
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .name("prlimit"), arguments: Arguments(command),
                    environment: .inherit.updating(Dictionary(uniqueKeysWithValues: changes)),
                    output: .string(limit: 64 << 20), error: .string(limit: 16 << 20))
                return Answer(
                    isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
                    errors: result.standardError)
            }
            group.addTask { [limits] in
                try await Task.sleep(for: limits.time)
                throw EvaluationError.tookTooLong(limits.time, log: "")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    /// - Throws: `EvaluationError.unknownPackages` with the nearest names.
    static func select(_ packages: PackageSelection, from all: [String]) throws -> [String] {
        switch packages {
        case .all: return all
        case .channel: throw EvaluationError.unsupported("a Nix channel is no package: name packages, or all")
        case .names(let names): return try check(names, against: all)
        case .manifest(let path):
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw EvaluationError.badFile(path, "cannot be read; expected one package a line")
            }
            let names = text.split(separator: "\n").map { $0.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces) }
            return try check(names.filter { !$0.isEmpty }, against: all)
        }
    }

    private static func check(_ names: [String], against all: [String]) throws -> [String] {
        let known = Set(all)
        let unknown = names.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            let similar = all.filter { name in
                unknown.contains { wrong in name.hasPrefix(wrong.prefix(4)) || wrong.hasPrefix(name.prefix(4)) }
            }
            throw EvaluationError.unknownPackages(unknown, suggestions: Array(similar.prefix(5)))
        }
        return names
    }

    /// A path as a Nix string that is then a path: no character of it is read as Nix.
    private static func quoted(path: String) -> String { "(/. + \(quoted(string: path)))" }

    private static func quoted(attribute: String) -> String { quoted(string: attribute) }

    private static func quoted(string: String) -> String {
        "\""
            + string.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "${", with: "\\${") + "\""
    }

    private static func firstError(_ text: String) -> String {
        let line = text.split(separator: "\n").first { $0.contains("error:") } ?? text.split(separator: "\n").first
        return line.map { String($0.trimmingCharacters(in: .whitespaces).prefix(2000)) } ?? "the evaluator said nothing"
    }
}
