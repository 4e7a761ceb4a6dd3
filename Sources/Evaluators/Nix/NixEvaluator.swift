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
        let set = PackageSet(all)
        let wanted = try set.select(packages)
        let names = wanted.filter(set.mayHave)
        let deadline = ContinuousClock.now + limits.time
        var jobs = wanted.filter { !set.mayHave($0) }.map { Self.lacking($0, among: all) }
        var log = listing.errors
        // A batch that fails is halved until the package that fails is found: few runs where few fail.
        var batches = stride(from: 0, to: names.count, by: Self.batchSize).reversed().map {
            Array(names[$0..<min($0 + Self.batchSize, names.count)])
        }
        while let batch = batches.popLast() {
            guard ContinuousClock.now < deadline else { throw EvaluationError.tookTooLong(limits.time, log: log) }
            let answer = try await instantiate(batch.map(set.attributes), of: file, checkout: checkout)
            if batch.count > 1 && answer.derivations?.count != batch.count {
                batches += [Array(batch[(batch.count / 2)...]), Array(batch[..<(batch.count / 2)])]
                continue
            }
            if !answer.isSuccess { log += "\(batch.joined()):\n\(answer.errors)\n" }
            let maintainers =
                answer.isSuccess
                ? try await maintainers(of: batch.map(set.attributes), in: file, checkout: checkout) : []
            jobs += try self.jobs(batch, answer, maintainers)
            let failed = jobs.count { if case .failure = $0.derivation { true } else { false } }
            progress(EvaluationProgress(done: jobs.count, all: wanted.count, failed: failed))
        }
        return (jobs, String(log.suffix(1 << 20)))
    }

    private static let batchSize = 64

    /// - Parameter paths: of attributes, each a list of names.
    private func instantiate(_ paths: [[String]], of file: String, checkout: String) async throws -> Answer {
        do {
            return try await nix(
                paths.flatMap { ["--attr", $0.map(Self.quoted(attribute:)).joined(separator: ".")] } + [file],
                checkout: checkout)
        } catch EvaluationError.tookTooLong(let limit, _) {
            return Answer(
                isSuccess: false, output: "", errors: "error: it was stopped after \(limit.components.seconds) s")
        }
    }

    /// Who looks after packages that evaluate: what `meta.maintainers` says, as addresses, else as names at a forge.
    ///
    /// - Returns: as many as `paths`, or none where this does not evaluate.
    private func maintainers(of paths: [[String]], in file: String, checkout: String) async throws -> [[String]] {
        let list = paths.map { "[ \($0.map(Self.quoted(string:)).joined(separator: " ")) ]" }.joined(separator: " ")
        let expression = """
            let
              it = import \(Self.quoted(path: file));
              set = if builtins.isFunction it then it { } else it;
              text = one:
                if builtins.isString one then one
                else one.email or (if one ? github then "@" + one.github else one.name or "");
              of = path:
                let
                  package = builtins.foldl' (outer: name: outer.${name}) set path;
                  names = map text (package.meta.maintainers or [ ]);
                  tried = builtins.tryEval (builtins.deepSeq names names);
                in
                if tried.success then tried.value else [ ];
            in
            map of [ \(list) ]
            """
        do {
            let answer = try await nix(["--eval", "--strict", "--json", "--expr", expression], checkout: checkout)
            guard answer.isSuccess else { return [] }
            return try JSONDecoder().decode([[String]].self, from: Data(answer.output.utf8))
        } catch EvaluationError.tookTooLong {
            return []
        } catch is DecodingError {
            return []
        }
    }

    private func jobs(_ names: [String], _ answer: Answer, _ maintainers: [[String]]) throws -> [EvaluatedJob] {
        if let paths = answer.derivations, paths.count == names.count {
            let maintainers = maintainers.count == names.count ? maintainers : names.map { _ in [] }
            return try zip(zip(names, maintainers), paths).map { try job($0.0, StorePath(parsing: $1), $0.1) }
        }
        let message =
            answer.derivations.map { "it is \($0.count) derivations, not one" } ?? Self.firstError(answer.errors)
        return names.map {
            EvaluatedJob(
                name: $0, package: $0, version: "", system: "", derivation: .failure(PackageFailure(message: message)))
        }
    }

    private func job(_ name: String, _ path: StorePath, _ maintainers: [String]) throws -> EvaluatedJob {
        let derivation = try store.derivation(at: path)
        var meta = EvaluatedJob.meta(of: derivation)
        let named = maintainers.filter { !$0.isEmpty }
        if !named.isEmpty { meta["maintainers"] = String(named.joined(separator: ", ").prefix(1000)) }
        return EvaluatedJob(
            name: name, package: derivation[variable: "pname"] ?? name, version: derivation[variable: "version"] ?? "",
            system: derivation.system, derivation: .success(path), meta: meta)
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
