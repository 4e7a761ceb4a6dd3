// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
import Evaluators
import Foundation
import Jobsets
package import Logging
import Sources
package import StoreDaemon
import TimeTravel

/// What reviving an environment needs of this machine: evaluators, the store, and the servers to ask.
package struct Reviver: Sendable {
    package let store: HostStore
    let engines: FarmEngines
    let servers: SubstituteServers
    let probe: SourceProbe
    private let folder: String
    private let logger: Logger

    /// - Throws: `SourceError` for a file that holds no keys, an error of the file system.
    package init(_ configuration: FarmConfiguration, logger: Logger) throws {
        store = try FarmHost.store(configuration)
        engines = try FarmEngines(
            configuration: configuration, store: store, logger: logger,
            guest: "revivals/checkouts-\(ProcessInfo.processInfo.processIdentifier)")
        servers = SubstituteServers(configuration.sources.substituteURLs, keys: try configuration.sources.keys())
        probe = SourceProbe()
        folder = configuration.dataDirectory.revivals
        self.logger = logger
    }

    /// Takes away what an evaluation left; call it at the end.
    package func close() { engines.remove() }

    /// The jobs of an environment, from what was evaluated before or by evaluating it now.
    ///
    /// - Throws: `RevivalError.evaluation`, `EvaluationError` where there is no such channel or revision.
    package func evaluate(
        _ request: RevivalRequest,
        progress: @escaping @Sendable (_ done: Int, _ all: Int?, _ failed: Int, _ loaded: Int) -> Void = { _, _, _, _ in
        }
    ) async throws -> RevivedRevision {
        let jobset = request.jobset
        let file = "\(folder)/\(jobset.name).json"
        if request.commit != nil, let known = try? known(file) { return known }
        let revision = try await revision(of: jobset, isPinned: request.commit != nil)
        let pending = PendingEvaluation(
            id: 0, jobset: 0, revision: 0, commit: revision.commit, date: revision.date)
        let found: EvaluatedRevision
        do {
            found = try await engines.evaluate(pending, of: jobset) { progress($0.done, $0.all, $0.failed, $0.loaded) }
        } catch let failure as EvaluationFailure {
            throw RevivalError.evaluation(failure.message, log: failure.log)
        }
        let revived = RevivedRevision(
            commit: revision.commit, date: revision.date.seconds, subject: revision.subject,
            jobs: found.jobs.map(Self.job), log: found.log)
        let text = try JSONEncoder().encode(revived)
        try text.write(to: URL(fileURLWithPath: file), options: .atomic)
        return revived
    }

    private func known(_ file: String) throws -> RevivedRevision {
        let known = try JSONDecoder().decode(RevivedRevision.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        _ = try RevivalEnvironment(known, in: store)
        // What failed by accident may not fail again.
        guard known.failedJobs.isEmpty else { throw RevivalError.nothing([]) }
        return known
    }

    /// A pinned commit that the mirror has needs no network.
    private func revision(of jobset: JobsetDescription, isPinned: Bool) async throws -> LookUpRound.Revision {
        if isPinned, let found = try? await engines.revisions(of: jobset, isCurrent: true).first { return found }
        guard let found = try await engines.revisions(of: jobset).first else {
            throw EvaluationError.noRevision("revision that the channels file asks for")
        }
        return found
    }

    private static func job(_ job: IngestJob) -> RevivedRevision.Job {
        let (derivation, error): (String?, String?) =
            switch job.derivation {
            case .success(let path): (path.description, nil)
            case .failure(let failure): (nil, failure.message)
            }
        return RevivedRevision.Job(
            name: job.name, package: job.package, version: job.version, system: job.system, derivation: derivation,
            error: error)
    }

    /// Makes a link to a path of the store, which keeps it from being collected.
    ///
    /// - Throws: `RevivalError.link` where something else has that name.
    package func link(_ path: StorePath, at link: String) async throws {
        let place = DataDirectory.absolute(link)
        let files = FileManager.default
        if (try? files.destinationOfSymbolicLink(atPath: place)) != nil {
            try files.removeItem(atPath: place)
        } else if files.fileExists(atPath: place) {
            throw RevivalError.link(place, reason: "it is there already, and no link")
        }
        do {
            try files.createSymbolicLink(atPath: place, withDestinationPath: path.description)
        } catch {
            throw RevivalError.link(place, reason: error.localizedDescription)
        }
        try await store.withConnection { try await $0.addIndirectRoot(place) }
    }
}
