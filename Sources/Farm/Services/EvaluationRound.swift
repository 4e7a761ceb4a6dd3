// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
package import Evaluators
package import Jobsets
package import Logging
package import StoreDaemon
import Synchronization
package import TimeTravel

/// What an evaluator found in a revision.
package struct EvaluatedRevision: Sendable {
    package var jobs: [IngestJob]
    /// What it printed, for people.
    package var log: String

    package init(jobs: [IngestJob], log: String) {
        self.jobs = jobs
        self.log = log
    }
}

/// Why a revision could not be evaluated, with what the evaluator printed.
package struct EvaluationFailure: Error, Sendable {
    package let message: String
    package let log: String

    package init(_ message: String, log: String) {
        self.message = message
        self.log = log
    }
}

/// Makes the pending evaluations one after the other: revision in, jobs and derivations into the database.
package struct EvaluationRound: Sendable {
    /// Evaluates a revision of a jobset, and tells how far it is.
    package typealias Evaluate =
        @Sendable (
            PendingEvaluation, JobsetDescription, @escaping @Sendable (EvaluationProgress) -> Void
        ) async throws -> EvaluatedRevision

    private let database: FarmDatabase
    private let store: HostStore
    private let defaultKernel: KernelRelease
    private let now: @Sendable () -> Instant
    private let logger: Logger
    private let evaluate: Evaluate

    package init(
        database: FarmDatabase, store: HostStore, defaultKernel: KernelRelease, now: @escaping @Sendable () -> Instant,
        logger: Logger, evaluate: @escaping Evaluate
    ) {
        self.database = database
        self.store = store
        self.defaultKernel = defaultKernel
        self.now = now
        self.logger = logger
        self.evaluate = evaluate
    }

    package func callAsFunction() async throws {
        while let evaluation = try await database.startEvaluation() {
            guard let jobset = try await database.jobset(evaluation.jobset) else { continue }
            do {
                try await make(evaluation, jobset.description)
            } catch is CancellationError {
                throw CancellationError()
            } catch let failure as EvaluationFailure {
                try await fail(evaluation, jobset.description, failure.message, log: failure.log)
            } catch {
                try await fail(evaluation, jobset.description, "\(error)", log: "")
            }
        }
    }

    private func make(_ evaluation: PendingEvaluation, _ jobset: JobsetDescription) async throws {
        let found = try await found(evaluation, jobset)
        let roots = found.jobs.compactMap { try? $0.derivation.get() }
        let closure = try DerivationClosure.walk(from: roots, read: store.derivation(at:))
        let outputs = closure.flatMap { $0.derivation.outputs.compactMap(\.path) }
        let valid = try await store.keepValid(among: outputs)
        let batch = IngestBatch(closure: closure) { derivation in
            derivation.outputs.allSatisfy { $0.path.map(valid.contains) ?? false }
        }
        let result = try await database.ingest(
            batch, jobs: found.jobs, evaluation: evaluation,
            screening: jobset.screen.conditions(release: evaluation.date, now: now(), defaultKernel: defaultKernel),
            repeats: jobset.screen.repeats, priority: jobset.priority, log: found.log)
        logger.info(
            "A revision was evaluated",
            metadata: [
                "evaluation": "\(evaluation.id)", "jobset": "\(jobset.name)", "commit": "\(evaluation.commit)",
                "jobs": "\(found.jobs.count)", "derivations": "\(result.knownDerivations + result.newDerivations)",
                "new": "\(result.newDerivations)", "builds": "\(result.newBuilds)",
            ])
    }

    /// How often the database learns how far an evaluation is.
    private static let progressInterval = Duration.seconds(2)

    private func found(
        _ evaluation: PendingEvaluation, _ jobset: JobsetDescription
    ) async throws -> EvaluatedRevision {
        let progress = ProgressBox()
        return try await withThrowingTaskGroup(of: EvaluatedRevision?.self) { group in
            group.addTask { try await evaluate(evaluation, jobset) { progress.set($0) } }
            group.addTask {
                var last = EvaluationProgress()
                while true {
                    try await Task.sleep(for: Self.progressInterval)
                    let current = progress.value
                    guard current != last else { continue }
                    try await database.note(current, of: evaluation.id)
                    last = current
                }
            }
            defer { group.cancelAll() }
            guard let found = try await group.next(), let found else { throw CancellationError() }
            return found
        }
    }

    private func fail(
        _ evaluation: PendingEvaluation, _ jobset: JobsetDescription, _ message: String, log: String
    ) async throws {
        try await database.failEvaluation(evaluation.id, error: message, log: log)
        logger.error(
            "A revision could not be evaluated",
            metadata: [
                "evaluation": "\(evaluation.id)", "jobset": "\(jobset.name)", "commit": "\(evaluation.commit)",
                "error": "\(message)",
            ])
    }
}

/// How far an evaluation is, between the one that knows it and the one that writes it down.
private final class ProgressBox: Sendable {
    private let state = Mutex(EvaluationProgress())

    var value: EvaluationProgress { state.withLock { $0 } }

    func set(_ progress: EvaluationProgress) { state.withLock { $0 = progress } }
}
