// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Foundation
import Guests
import Jobsets
import Logging
import Revival
import StoreDaemon
import Synchronization
import TimeTravel

/// The stages of a revival one after the other, with what people are told of them.
struct RevivalWork: Sendable {
    let configuration: FarmConfiguration
    let request: RevivalRequest
    let how: RevivalOptions
    private let server = StartedServer()

    init(configuration: FarmConfiguration, request: RevivalRequest, how: RevivalOptions) {
        self.configuration = configuration
        self.request = request
        self.how = how
    }

    /// - Returns: the exit code.
    func run() async throws -> Int32 {
        var logger = ServerLog.logger()
        logger.logLevel = .warning
        let reviver = try Reviver(configuration, logger: logger)
        defer { reviver.close() }
        let line = StageLine()
        let environment = try await environment(reviver, line)
        var revival = try await EnvironmentRevival(environment, reviver)
        let sources = try await revival.survey { line.show($0) }
        line.finish()
        RevivalText.problems(revival.problems).forEach(Terminal.complain)
        Terminal.complain(RevivalText.summary(revival, sources))
        if how.dryRun {
            try how.format.write(sources, type: "Source") { RevivalText.table(sources) }
            return RevivalText.status(lost: sources.filter { $0.state == .lost }, open: sources, failures: [])
        }
        let missing = sources.filter { $0.state == .lost || $0.state == .unanswered }
        if how.format == .table && !missing.isEmpty { Terminal.write(RevivalText.table(missing) + "\n") }
        try await revival.fetch { line.show($0) }
        line.finish()
        let failures = how.fetchOnly ? [] : try await build(&revival, line)
        return try await end(revival, reviver, failures)
    }

    private func environment(_ reviver: Reviver, _ line: StageLine) async throws -> RevivalEnvironment {
        line.show("evaluating \(request.channel.name) at \(request.commit ?? "the head of \(request.channel.branch)")")
        let revision: RevivedRevision
        do {
            revision = try await reviver.evaluate(request) { done, all, failed, loaded in
                guard let all else { return line.show("evaluating: \(loaded) files loaded") }
                line.show("evaluating: \(done) of \(all) packages, \(failed) errors")
            }
        } catch RevivalError.evaluation(let message, let log) {
            line.finish()
            Terminal.complain(
                log.split(separator: "\n").suffix(20).map { TextTable.oneLine(String($0)) }.joined(separator: "\n"))
            throw RevivalError.evaluation(message, log: log)
        }
        line.finish()
        let date = Instant(seconds: revision.date).date
        Terminal.complain("revision \(revision.commit.prefix(12)) of \(date): \(TextTable.oneLine(revision.subject))")
        for job in revision.failedJobs {
            Terminal.complain("not evaluated: \(TextTable.oneLine("\(job.name): \(job.error ?? "")"))")
        }
        return try RevivalEnvironment(revision, in: reviver.store)
    }

    // MARK: Building

    /// Has the running server build, or one that is started for it.
    private func build(_ revival: inout EnvironmentRevival, _ line: StageLine) async throws -> [RevivalFailure] {
        if revival.plan.outline().builds.isEmpty { return [] }
        let data = configuration.dataDirectory
        if ServerLock.holder(of: data) == nil {
            line.show("starting the server (its log: \(data.serverLog)); the first time it makes the guests' image")
            var arguments = ["--port", "0"]
            if let database = configuration.databaseURL { arguments += ["--database", database] }
            server.note(try await BackgroundServer.start(configuration, arguments: arguments))
        }
        defer { line.finish() }
        return try await buildAll(&revival, line)
    }

    /// Ends the server that was started for this; to be called when the work has ended, however it did.
    func stopServer() async throws {
        guard let process = server.take() else { return }
        try await BackgroundServer.stop(process: process, data: configuration.dataDirectory)
    }

    private func buildAll(_ revival: inout EnvironmentRevival, _ line: StageLine) async throws -> [RevivalFailure] {
        let data = configuration.dataDirectory
        let plan = EnvironmentRevival.BuildPlan(
            jobset: request.jobset, usual: try await usualConditions(revival), again: how.retryFailed,
            waitsForInvestigations: how.investigate)
        let begin = revival
        let (end, failures) = try await DatabaseAccess(configuration).withDatabase { database in
            var revival = begin
            var failures: [RevivalFailure] = []
            while !revival.plan.outline().builds.isEmpty {
                let before = revival.plan.outline().builds
                failures += try await revival.build(plan, in: database, now: .now) {
                    try await Task.sleep(for: .milliseconds(500))
                    guard ServerLock.holder(of: data) != nil else {
                        throw RevivalError.serverEnded(log: data.serverLog)
                    }
                } report: {
                    line.show(RevivalText.line($0))
                }
                // What was built may be what a substitute waited for.
                try await revival.fetch { line.show($0) }
                if revival.plan.outline().builds == before { break }
            }
            return (revival, failures)
        }
        revival = end
        return failures
    }

    /// What has no annotation is built at the revision's own time, unless another date is asked for.
    private func usualConditions(_ revival: EnvironmentRevival) async throws -> Conditions {
        var logger = ServerLog.logger()
        logger.logLevel = .warning
        let host = try await FarmHost.prepare(configuration, logger: logger)
        let release = Instant(seconds: revival.environment.revision.date)
        return ReferenceConditions(date: try how.usualDate()).conditions(
            release: release, now: .now, models: CPUModel.emulated, defaultKernel: try await host.kernels.standard(),
            defaultCores: 1)
    }

    // MARK: The end

    private func end(
        _ revival: EnvironmentRevival, _ reviver: Reviver, _ failures: [RevivalFailure]
    ) async throws -> Int32 {
        let result = RevivalResult(revival, failures)
        var links: [String] = []
        if let profile = how.profile {
            for (number, root) in zip(result.environment, revival.environment.rootOutputs).enumerated()
            where root.0.isPresent {
                // As nix-build names its results.
                let link = number == 0 ? profile : "\(profile)-\(number + 1)"
                try await reviver.link(root.1, at: link)
                links.append(link)
            }
        }
        switch how.format {
        case .json: Terminal.write(try OutputFormat.json(result))
        case .recutils, .csv: try how.format.write(result.missingSources, type: "Source") { "" }
        case .table:
            Terminal.write(
                RevivalText.ending(result, links, store: reviver.store.physicalDirectory, data: configuration.data))
        }
        return RevivalText.status(
            lost: result.missingSources.filter { $0.state == .lost }, open: result.missingSources, failures: failures,
            isComplete: result.isComplete || how.fetchOnly)
    }
}

/// What became of a revival, for programs.
struct RevivalResult: Encodable {
    struct Member: Encodable {
        let name: String
        let path: String
        let isPresent: Bool
    }

    let commit: String
    let environment: [Member]
    let isComplete: Bool
    /// Needed, and not to be had.
    let missingSources: [RevivalSource]
    let failedBuilds: [RevivalFailure]
    /// Store paths of derivations that were not built for want of these.
    let blockedBuilds: [String]
    /// Store paths of derivations that are still to be built.
    let openBuilds: [String]

    init(_ revival: EnvironmentRevival, _ failures: [RevivalFailure]) {
        let outline = revival.plan.outline()
        commit = revival.environment.revision.commit
        environment = zip(revival.environment.names, revival.environment.rootOutputs).map {
            Member(name: $0, path: $1.description, isPresent: revival.plan.isPresent($1))
        }
        isComplete = outline.isComplete
        missingSources = revival.missingSources
        failedBuilds = failures
        blockedBuilds = outline.blocked.map(\.description)
        openBuilds = outline.builds.map(\.description)
    }
}

/// The server that was started for a revival, if one was.
private final class StartedServer: Sendable {
    private let process = Mutex<Int32?>(nil)

    func note(_ started: Int32) { process.withLock { $0 = started } }

    func take() -> Int32? {
        process.withLock { process in
            defer { process = nil }
            return process
        }
    }
}
