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
        /// For all of it.
        package var time: Duration
        /// For one package, and for the list of them.
        package var packageTime: Duration
        /// Bytes of address space.
        package var memory: Int

        package init(time: Duration = .seconds(3600), packageTime: Duration = .seconds(120), memory: Int = 8 << 30) {
            self.time = time
            self.packageTime = packageTime
            self.memory = memory
        }
    }

    private let store: HostStore
    private let limits: Limits
    private let isSandboxed: Bool

    /// - Parameter isSandboxed: whether there is an `EvaluationSandbox` around it; where none works, evaluation is still
    ///   restricted by Nix itself.
    package init(store: HostStore, limits: Limits = Limits(), isSandboxed: Bool = true) {
        self.store = store
        self.limits = limits
        self.isSandboxed = isSandboxed
    }

    /// - Parameters:
    ///   - checkout: the folder of the revision's files.
    ///   - expression: the file in it that is evaluated.
    /// - Throws: `EvaluationError` when the set itself does not evaluate, or has none of the
    ///   packages that are asked for; lacking some of them is an error of these packages.
    package func evaluate(
        checkout: String, expression: String, packages: PackageSelection,
        progress: @Sendable (EvaluationProgress) -> Void = { _ in }
    ) async throws -> (jobs: [EvaluatedJob], log: String) {
        let file = "\(checkout)/\(expression)"
        // As nix-instantiate reads a file: a set, or a function that gives one.
        let list =
            "let it = import \(Self.quoted(path: file)); in "
            + "builtins.attrNames (if builtins.isFunction it then it { } else it)"
        let listing = try await nix(["--eval", "--strict", "--json", "--expr", list], checkout: checkout)
        guard listing.isSuccess else {
            throw EvaluationError.evaluator(Self.firstError(listing.errors), log: listing.errors)
        }
        let all = try JSONDecoder().decode([String].self, from: Data(listing.output.utf8))
        let wanted = try Self.select(packages, from: all)
        let known = Set(all)
        let names = wanted.filter(known.contains)
        let deadline = ContinuousClock.now + limits.time
        var jobs = wanted.filter { !known.contains($0) }.map { Self.lacking($0, among: all) }
        var log = listing.errors
        // A batch that fails is halved until the package that fails is found: few runs where few fail.
        var batches = stride(from: 0, to: names.count, by: Self.batchSize).reversed().map {
            Array(names[$0..<min($0 + Self.batchSize, names.count)])
        }
        while let batch = batches.popLast() {
            guard ContinuousClock.now < deadline else { throw EvaluationError.tookTooLong(limits.time, log: log) }
            let answer = try await instantiate(batch, of: file, checkout: checkout)
            if batch.count > 1 && answer.derivations?.count != batch.count {
                batches += [Array(batch[(batch.count / 2)...]), Array(batch[..<(batch.count / 2)])]
                continue
            }
            if !answer.isSuccess { log += "\(batch.joined()):\n\(answer.errors)\n" }
            jobs += try self.jobs(batch, answer)
            let failed = jobs.count { if case .failure = $0.derivation { true } else { false } }
            progress(EvaluationProgress(done: jobs.count, all: wanted.count, failed: failed))
        }
        return (jobs, String(log.suffix(1 << 20)))
    }

    private static let batchSize = 64

    private func instantiate(_ names: [String], of file: String, checkout: String) async throws -> Answer {
        do {
            return try await nix(
                names.flatMap { ["--attr", Self.quoted(attribute: $0)] } + [file], checkout: checkout)
        } catch EvaluationError.tookTooLong(let limit, _) {
            return Answer(
                isSuccess: false, output: "", errors: "error: it was stopped after \(limit.components.seconds) s")
        }
    }

    private func jobs(_ names: [String], _ answer: Answer) throws -> [EvaluatedJob] {
        if let paths = answer.derivations, paths.count == names.count {
            return try zip(names, paths).map { try job($0, StorePath(parsing: $1)) }
        }
        let message =
            answer.derivations.map { "it is \($0.count) derivations, not one" } ?? Self.firstError(answer.errors)
        return names.map {
            EvaluatedJob(
                name: $0, package: $0, version: "", system: "", derivation: .failure(PackageFailure(message: message)))
        }
    }

    private func job(_ name: String, _ path: StorePath) throws -> EvaluatedJob {
        let derivation = try store.derivation(at: path)
        return EvaluatedJob(
            name: name, package: derivation[variable: "pname"] ?? name, version: derivation[variable: "version"] ?? "",
            system: derivation.system, derivation: .success(path), meta: EvaluatedJob.meta(of: derivation))
    }

    private struct Answer: Sendable {
        let isSuccess: Bool
        let output: String
        let errors: String

        /// Nil when it failed. One line each, with `!output` after it for any but the first output.
        var derivations: [String]? {
            isSuccess ? output.split(separator: "\n").map { String($0.prefix { $0 != "!" }) } : nil
        }
    }

    /// One run of nix-instantiate, in its limits.
    private func nix(_ arguments: [String], checkout: String) async throws -> Answer {
        let options = [
            "--option", "restrict-eval", "true", "--option", "allow-import-from-derivation", "false", "--option",
            "allowed-uris", "", "-I", checkout, "--quiet", "--no-build-output",
        ]
        let changes = store.environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let command = command(["nix-instantiate"] + options + arguments, checkout: checkout)
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .name(command.executable), arguments: Arguments(command.arguments),
                    environment: .inherit.updating(Dictionary(uniqueKeysWithValues: changes)),
                    output: .string(limit: 64 << 20), error: .string(limit: 16 << 20))
                return Answer(
                    isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
                    errors: result.standardError)
            }
            group.addTask { [limits] in
                try await Task.sleep(for: limits.packageTime)
                throw EvaluationError.tookTooLong(limits.packageTime, log: "")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private func command(_ words: [String], checkout: String) -> (executable: String, arguments: [String]) {
        guard isSandboxed else { return ("prlimit", ["--as=\(limits.memory)", "--core=0", "--"] + words) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let sandbox = EvaluationSandbox(
            mounts: store.evaluationMounts + [.readOnly(checkout, at: checkout)],
            // The sandbox has no list of users to look one up in.
            environment: store.environment.merging(["PATH": path, "USER": "almanac"]) { one, _ in one },
            // The clock on the wall stops it first, and says so.
            limits: .init(memory: limits.memory, time: limits.packageTime * 2))
        return sandbox.wrapping(words)
    }

    private static func lacking(_ name: String, among all: [String]) -> EvaluatedJob {
        let similar = NearMisses.of(name, among: all)
        let hint = similar.isEmpty ? "" : "; similar: \(similar.joined(separator: ", "))"
        return EvaluatedJob(
            name: name, package: name, version: "", system: "",
            derivation: .failure(PackageFailure(message: "this revision has no such package\(hint)")))
    }

    /// - Throws: `EvaluationError.unknownPackages` with the nearest names when all of them are unknown.
    static func select(_ packages: PackageSelection, from all: [String]) throws -> [String] {
        switch packages {
        case .all: return all
        case .channel, .subset:
            throw EvaluationError.unsupported("a Nix channel is no package and has no subsets: name packages, or all")
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
        guard unknown.isEmpty || unknown.count < names.count else {
            let similar = unknown.flatMap { NearMisses.of($0, among: all) }
            throw EvaluationError.unknownPackages(unknown, suggestions: Array(similar.prefix(10)))
        }
        return names
    }

    /// A path as a Nix string that is then a path: no character of it is read as Nix.
    private static func quoted(path: String) -> String { "(/. + \(quoted(string: path)))" }

    /// For `--attr`, which knows quotes, so that a dot is a dot, and no escapes.
    private static func quoted(attribute: String) -> String { "\"\(attribute)\"" }

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

extension HostStore {
    /// What Nix's own programs need of the store; and the store that they may come from, where they do.
    fileprivate var evaluationMounts: [EvaluationSandbox.Mount] {
        let own = writablePlaces.map { EvaluationSandbox.Mount.writable($0, at: $0) }
        let nix = "/nix/store"
        return FileManager.default.fileExists(atPath: nix) ? [.readOnly(nix, at: nix)] + own : own
    }
}
