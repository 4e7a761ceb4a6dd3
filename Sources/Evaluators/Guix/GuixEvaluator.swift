// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import Foundation
package import Jobsets
package import StoreDaemon

/// Evaluates a revision of Guix directly: its modules, read from a checkout by the Guile of the present Guix, without that
/// Guix being built; or a channel's Scheme file by the present Guix.
///
/// The code is hostile. It runs in an `EvaluationSandbox`, reaches the store through a `StoreGate` only, and what it says is
/// checked: a job's derivation must be one that it put into the store.
package struct GuixEvaluator: Sendable {
    /// What an evaluation may take.
    package struct Limits: Sendable {
        /// For all of it.
        package var time: Duration
        /// Processor time for one package.
        package var packageTime: Duration
        /// Processor time for one module of packages and all that it loads; the first one loads nearly all of them.
        package var moduleTime: Duration
        /// Bytes of heap beyond which a package is given up. A process cannot take more address space than twice that and 1 GiB.
        package var memory: Int

        package init(
            time: Duration = .seconds(6 * 3600), packageTime: Duration = .seconds(300),
            moduleTime: Duration = .seconds(3600), memory: Int = 6 << 30
        ) {
            self.time = time
            self.packageTime = packageTime
            self.moduleTime = moduleTime
            self.memory = memory
        }
    }

    /// What of which revision.
    package struct Request: Sendable {
        /// The folder of the revision's files.
        package var checkout: String
        package var commit: String
        package var channel: ChannelDescription
        package var packages: PackageSelection
        /// The folders of the files of the channel's companions, in their order.
        package var companions: [String]
        package var system = "x86_64-linux"

        package init(
            checkout: String, commit: String, channel: ChannelDescription, packages: PackageSelection,
            companions: [String] = []
        ) {
            self.checkout = checkout
            self.commit = commit
            self.channel = channel
            self.packages = packages
            self.companions = companions
        }
    }

    let store: HostStore
    let limits: Limits
    private let host: GuixHost?

    /// - Parameter host: nil to ask the `guix` in `PATH` at each evaluation, which may be another one by then.
    package init(store: HostStore, limits: Limits = Limits(), host: GuixHost? = nil) {
        self.store = store
        self.limits = limits
        self.host = host
    }

    /// - Throws: `EvaluationError` when the revision as a whole does not evaluate, or no package that is asked for is there.
    package func evaluate(
        _ request: Request, progress: @Sendable (EvaluationProgress) -> Void = { _ in }
    ) async throws -> (jobs: [EvaluatedJob], log: String) {
        if let problem = await EvaluationSandbox.problem() {
            throw EvaluationError.unsupported("Scheme code of a channel is evaluated in a sandbox only, and \(problem)")
        }
        let host = try await presentHost()
        try Self.check(request)
        let workspace = try GuixWorkspace(store: store)
        defer { workspace.remove() }
        let gate = StoreGate(store: store) { try workspace.show($0) }
        let listener = try SocketListener(path: workspace.socket)
        let (transcript, log) = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.serve(listener) }
            do {
                let result = try await processes(
                    request, Self.selection(request), host, workspace, mounts(request, host, workspace), progress)
                await listener.close()
                group.cancelAll()
                return result
            } catch {
                await listener.close()
                try Self.check(gate, log: (error as? EvaluationError)?.log ?? "")
                throw error
            }
        }
        try Self.check(gate, log: log)
        try Self.check(transcript, request)
        return (jobs(transcript, gate, request), log)
    }

    /// What of a revision a selection is made of; nil for all of it.
    ///
    /// Packages are in the modules. A Guix itself (`channel`) and the images and tests of a `subset` also take translations
    /// and documentation in, and what another channel reads cannot be known.
    package static func neededFiles(_ channel: ChannelDescription, _ packages: PackageSelection) -> [String]? {
        guard channel.expression == nil else { return nil }
        return switch packages {
        case .all, .names, .manifest: ["gnu", "guix", "gnu.scm", "guix.scm"]
        case .channel, .subset: nil
        }
    }

    func presentHost() async throws -> GuixHost {
        if let host { host } else { try await GuixHost.find() }
    }

    private func mounts(
        _ request: Request, _ host: GuixHost, _ workspace: GuixWorkspace
    ) -> [EvaluationSandbox.Mount] {
        var manifest: String?
        if case .manifest(let path) = request.packages { manifest = path }
        return workspace.mounts(
            host: host, checkout: request.checkout, manifest: manifest, companions: request.companions)
    }

    /// A package that fails for the store's sake would be recorded as one that does not evaluate.
    private static func check(_ gate: StoreGate, log: String) throws {
        guard let failure = gate.failure else { return }
        throw EvaluationError.evaluator(
            "the farm's store failed the evaluation: \(failure); 'almanac doctor' looks at it", log: log)
    }

    private static func check(_ request: Request) throws {
        guard request.channel.expression == nil else { return }
        guard FileManager.default.fileExists(atPath: request.checkout + "/guix/config.scm.in") else {
            throw EvaluationError.unsupported(
                "this revision is not one of Guix itself (it has no guix/config.scm.in): give the channel's 'expression', a "
                    + "Scheme file that names its jobs")
        }
    }

    private static func check(_ transcript: GuixTranscript, _ request: Request) throws {
        let (unknown, known) = transcript.unknown
        // A name that some revisions lack is an error of that package; a typing error is one of the jobset.
        guard case .names(let names) = request.packages, !unknown.isEmpty, Set(unknown) == Set(names) else { return }
        let similar = unknown.flatMap { NearMisses.of($0, among: known) }
        throw EvaluationError.unknownPackages(unknown, suggestions: Array(similar.prefix(10)))
    }

    // MARK: Processes

    private static let mostProcesses = 12

    /// Runs processes until one says that all is done.
    ///
    /// - Parameter mounts: what they see beside this machine's programs.
    func processes(
        _ request: Request, _ select: SchemeText, _ host: GuixHost, _ workspace: GuixWorkspace,
        _ mounts: [EvaluationSandbox.Mount], _ progress: @Sendable (EvaluationProgress) -> Void
    ) async throws -> (GuixTranscript, log: String) {
        var transcript = GuixTranscript()
        var log = ""
        let deadline = ContinuousClock.now + limits.time
        for _ in 0..<Self.mostProcesses {
            try workspace.write(text(request, select, host, tried: transcript.tried), "request")
            let process = GuixProcess(limits: limits, deadline: deadline)
            let ending = try await process.run(command(host, mounts), &transcript, progress)
            log = String((log + ending.log).suffix(1 << 20))
            let whole = (transcript.notes + [log]).joined(separator: "\n")
            if let failure = transcript.failure { throw EvaluationError.evaluator(failure, log: whole) }
            if transcript.isDone { return (transcript, whole) }
            guard ContinuousClock.now < deadline else { throw EvaluationError.tookTooLong(limits.time, log: whole) }
            guard transcript.endedEarly(ending.reason) else {
                throw EvaluationError.evaluator("the evaluator ended without a word: \(ending.reason)", log: whole)
            }
        }
        throw EvaluationError.evaluator(
            "\(Self.mostProcesses) evaluators in a row were ended by what they evaluated; see the log",
            log: (transcript.notes + [log]).joined(separator: "\n"))
    }

    private func command(
        _ host: GuixHost, _ mounts: [EvaluationSandbox.Mount]
    ) -> (executable: String, arguments: [String]) {
        let environment = [
            "PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LC_ALL": "C.UTF-8", "GUILE_AUTO_COMPILE": "0",
            "GUILE_WARN_DEPRECATED": "no", "GUIX_DAEMON_SOCKET": GuixWorkspace.Inside.socket,
            "GUILE_EXTENSIONS_PATH": host.extensionsPath,
        ]
        let sandbox = EvaluationSandbox(
            mounts: mounts, environment: environment.filter { !$0.value.isEmpty },
            limits: .init(memory: 2 * limits.memory + (1 << 30), time: limits.time))
        return sandbox.wrapping(
            [host.guile, "--no-auto-compile", GuixWorkspace.Inside.script, GuixWorkspace.Inside.request])
    }

    private func text(_ request: Request, _ select: SchemeText, _ host: GuixHost, tried: Set<String>) -> String {
        let fields: [SchemeText] = [
            .pair("checkout", .string(GuixWorkspace.Inside.checkout)),
            .pair(
                "companions",
                .strings(
                    zip(request.channel.companions, request.companions.indices).flatMap {
                        [$0.name, GuixWorkspace.Inside.companion($1)]
                    })),
            .pair("scratch", .string(GuixWorkspace.Inside.scratch)),
            .pair("load-path", .strings(host.loadPath)), .pair("compiled-path", .strings(host.compiledPath)),
            .pair("system", .string(request.system)), .pair("store", .string(store.logicalDirectory.path)),
            .pair("select", select), .pair("commit", .string(request.commit)),
            .pair("metadata", Self.metadata(request)),
            .pair("seconds", .number(Int(max(1, limits.packageTime.components.seconds)))),
            .pair("module-seconds", .number(Int(max(1, limits.moduleTime.components.seconds)))),
            .pair("memory", .number(limits.memory)), .pair("done", .strings(tried.sorted())),
        ]
        return SchemeText.list(fields).description
    }

    private static func selection(_ request: Request) -> SchemeText {
        if let expression = request.channel.expression {
            var names: [String] = []
            if case .names(let asked) = request.packages { names = asked }
            return .list([.symbol("expression")] + ([expression] + names).map { .string($0) })
        }
        return switch request.packages {
        case .all: .list([.symbol("all")])
        case .channel: .list([.symbol("channel")])
        case .names(let names): .list([.symbol("names")] + names.map { .string($0) })
        case .manifest: .list([.symbol("manifest"), .string(GuixWorkspace.Inside.manifest)])
        case .subset(let name): .list([.symbol("subset"), .string(name)])
        }
    }

    /// What the Guix of that revision says of itself when asked ('guix describe'); a part of its derivation.
    private static func metadata(_ request: Request) -> SchemeText {
        let channel = request.channel
        var fields: [SchemeText] = [
            .symbol("repository"), .list([.symbol("version"), .number(0)]),
            .list([.symbol("url"), .string(channel.url.description)]),
            .list([.symbol("branch"), .string(channel.branch)]),
            .list([.symbol("commit"), .string(request.commit)]), .list([.symbol("name"), .symbol("guix")]),
        ]
        if let introduction = channel.introduction {
            fields.append(
                .list([
                    .symbol("introduction"),
                    .list([
                        .symbol("channel-introduction"), .list([.symbol("version"), .number(0)]),
                        .list([.symbol("commit"), .string(introduction.commit)]),
                        .list([.symbol("signer"), .string(introduction.spacedFingerprint)]),
                    ]),
                ]))
        }
        return .list(fields)
    }
}
