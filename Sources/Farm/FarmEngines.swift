// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Evaluators
import Foundation
import Jobsets
import Logging
import Sources
import StoreDaemon
import TimeTravel

/// What differs between channels of Guix and of Nix, for the services that need it.
struct FarmEngines: Sendable {
    private let channels: String
    private let checkouts: String
    /// Which commits Guix has found authentic.
    private let authentications: String
    private let guix: GuixEvaluator
    let fetcher: SourceFetcher
    let realiser: SourceRealiser
    private let store: HostStore
    private let logger: Logger

    /// - Parameter guest: a folder name of one's own, of a process that is not the data directory's server.
    init(configuration: FarmConfiguration, store: HostStore, logger: Logger, guest: String? = nil) throws {
        let data = configuration.dataDirectory
        channels = data.channels
        checkouts = data.path + "/" + (guest ?? "checkouts")
        authentications = data.path + "/guix/authentication"
        self.store = store
        self.logger = logger
        guix = GuixEvaluator(store: store)
        fetcher = SourceFetcher(cache: data.sources, isAlone: guest == nil)
        realiser = SourceRealiser(store: store, fetcher: fetcher, servers: configuration.sources.places)
        // What an evaluation left when its server was killed.
        try? FileManager.default.removeItem(atPath: checkouts)
        try FileManager.default.createDirectory(atPath: checkouts, withIntermediateDirectories: true)
    }

    /// - Parameter isCurrent: whether the mirrors have them already, so that the network is not asked.
    func revisions(of jobset: JobsetDescription, isCurrent: Bool = false) async throws -> [LookUpRound.Revision] {
        let mirror = ChannelMirror(jobset.channel, channels: channels)
        if !isCurrent { try await mirror.update() }
        for companion in jobset.channel.companions {
            let mirror = ChannelMirror(companion.channel, channels: channels)
            if !isCurrent { try await mirror.update() }
            // Where none is pinned, only a mirror that was just brought up to date tells which one it is.
            if isCurrent || companion.commit != nil { _ = try await mirror.commit(of: companion, by: nil) }
        }
        return try await mirror.revisions(jobset.revisions).map {
            LookUpRound.Revision(commit: $0.commit, date: $0.date, subject: $0.subject)
        }
    }

    func evaluate(
        _ evaluation: PendingEvaluation, of jobset: JobsetDescription,
        progress: @Sendable (EvaluationProgress) -> Void
    ) async throws -> EvaluatedRevision {
        if let path = AskedDerivation.path(of: jobset) { return try asked(path) }
        let checkout = "\(checkouts)/\(evaluation.id)"
        let beside = "\(checkout)-companions"
        func remove() { for folder in [checkout, beside] { try? FileManager.default.removeItem(atPath: folder) } }
        defer { remove() }
        var words = ""
        do {
            remove()
            let mirror = ChannelMirror(jobset.channel, channels: channels)
            let lacking = try await mirror.checkOut(
                evaluation.commit, to: checkout,
                needed: jobset.engine == .guix ? GuixEvaluator.neededFiles(jobset.channel, jobset.packages) : nil)
            words = Self.words(lacking: lacking)
            let found: (jobs: [EvaluatedJob], log: String)
            switch jobset.engine {
            case .nix: found = try await evaluateNix(checkout, of: jobset, progress)
            case .guix:
                let companions = try await checkOutCompanions(of: jobset, by: evaluation.date, below: beside)
                let guixItself = GuixEvaluator.Commit(
                    channel: jobset.channel, commit: evaluation.commit, checkout: checkout,
                    repository: mirror.repository)
                // Nothing of a channel is evaluated before all of them are known to be authentic.
                for channel in [guixItself] + companions {
                    if channel.channel.introduction != nil {
                        logger.info(
                            "Guix checks who signed a channel's commits; the first time takes minutes",
                            metadata: ["channel": "\(channel.channel.name)", "commit": "\(channel.commit)"])
                    }
                    words += try await guix.authenticate(channel, cache: authentications)
                }
                found = try await guix.evaluate(
                    GuixEvaluator.Request(
                        checkout: checkout, commit: evaluation.commit, channel: jobset.channel,
                        packages: jobset.packages, companions: companions.map(\.checkout)), progress: progress)
            }
            return EvaluatedRevision(jobs: try found.jobs.map(Self.ingestJob), log: words + found.log)
        } catch let error as EvaluationError {
            throw EvaluationFailure("\(error)", log: words + error.log)
        }
    }

    private func checkOutCompanions(
        of jobset: JobsetDescription, by date: Instant, below folder: String
    ) async throws -> [GuixEvaluator.Commit] {
        var found: [GuixEvaluator.Commit] = []
        for companion in jobset.channel.companions {
            let mirror = ChannelMirror(companion.channel, channels: channels)
            let commit = try await mirror.commit(of: companion, by: date)
            let place = "\(folder)/\(found.count)"
            try await mirror.checkOut(commit, to: place)
            found.append(
                GuixEvaluator.Commit(
                    channel: companion.channel, commit: commit, checkout: place, repository: mirror.repository))
        }
        return found
    }

    private func asked(_ path: String) throws -> EvaluatedRevision {
        do {
            let asked = AskedDerivation(try StorePath(parsing: path))
            return EvaluatedRevision(jobs: [asked.job(try store.derivation(at: asked.path))], log: "")
        } catch {
            throw EvaluationFailure("\(path) cannot be read in the farm's store: \(error)", log: "")
        }
    }

    private static func words(lacking files: [String]) -> String {
        guard let first = files.first else { return "" }
        let count = files.count == 1 ? "a file" : "\(files.count) files"
        return
            "The channel's repository lacks the contents of \(count) of this revision, such as \(first); packages do "
            + "not need them.\n"
    }

    private func evaluateNix(
        _ checkout: String, of jobset: JobsetDescription, _ progress: @Sendable (EvaluationProgress) -> Void
    ) async throws -> (jobs: [EvaluatedJob], log: String) {
        guard store.engine == .nix else {
            throw EvaluationError.unsupported(
                "engine nix needs a store that Nix keeps, and Guix keeps this farm's: install nix-bin and use a new data "
                    + "directory, or give the jobset 'engine: guix'")
        }
        let problem = await EvaluationSandbox.problem()
        if let problem {
            logger.warning(
                "A Nix expression is evaluated without a sandbox around it", metadata: ["reason": "\(problem)"])
        }
        return try await NixEvaluator(store: store, isSandboxed: problem == nil).evaluate(
            checkout: checkout, expression: jobset.channel.expression ?? ChannelDescription.defaultExpression,
            packages: jobset.packages, progress: progress)
    }

    private static func ingestJob(_ job: EvaluatedJob) throws -> IngestJob {
        IngestJob(
            name: job.name, package: job.package, version: job.version, system: job.system,
            derivation: job.derivation.mapError { JobFailure($0.message) },
            meta: Array(try JSONEncoder().encode(job.meta)))
    }

    func realise(_ source: WantedSource) async throws -> SourceOutcome {
        let path = try StorePath(store.logicalDirectory, baseName: source.derivationPath)
        return switch try await realiser.realise(path) {
        case .alreadyValid: .available(from: "the store")
        case .fetched(let place): .available(from: place)
        case .lost(let reason): .lost(reason: reason)
        }
    }

    /// Takes away the folder that checkouts are made in.
    func remove() { try? FileManager.default.removeItem(atPath: checkouts) }
}
