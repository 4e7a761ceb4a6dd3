// SPDX-License-Identifier: GPL-3.0-or-later

package import Jobsets
package import Logging
package import TimeTravel

/// Looks up the revisions of the jobsets that are wanted or due, and queues evaluations of those that need one.
package struct LookUpRound: Sendable {
    /// A commit of a channel that a jobset asks for.
    package struct Revision: Sendable {
        package let commit: String
        package let date: Instant
        package let subject: String

        package init(commit: String, date: Instant, subject: String) {
            self.commit = commit
            self.date = date
            self.subject = subject
        }
    }

    private let database: FarmDatabase
    private let lookUp: @Sendable (JobsetDescription) async throws -> [Revision]
    private let now: @Sendable () -> Instant
    private let logger: Logger

    /// - Parameter lookUp: brings the channel's mirror up to date and selects the jobset's revisions, oldest first.
    package init(
        database: FarmDatabase, logger: Logger, now: @escaping @Sendable () -> Instant,
        lookUp: @escaping @Sendable (JobsetDescription) async throws -> [Revision]
    ) {
        self.database = database
        self.logger = logger
        self.now = now
        self.lookUp = lookUp
    }

    package func callAsFunction() async throws {
        for (jobset, cause) in try await database.wantedJobsets(now: now()) {
            do {
                let revisions = try await lookUp(jobset.description)
                let ids = try await database.store(
                    revisions: revisions.map { ($0.commit, $0.date, $0.subject) }, channel: jobset.channel)
                let queued = try await database.queueEvaluations(
                    jobset: jobset, revisions: ids, cause: cause, again: cause == "manual")
                try await database.lookedUp(jobset: jobset, nextDue: nextDue(jobset), problem: nil)
                logger.info(
                    "A jobset's revisions were looked up",
                    metadata: [
                        "jobset": "\(jobset.description.name)", "cause": "\(cause)", "revisions": "\(ids.count)",
                        "queued": "\(queued)",
                    ])
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try await database.lookedUp(jobset: jobset, nextDue: nextDue(jobset), problem: "\(error)")
                logger.error(
                    "A jobset's revisions could not be looked up",
                    metadata: ["jobset": "\(jobset.description.name)", "error": "\(error)"])
            }
        }
    }

    /// However many times were missed, the next one is counted from now: they are made up for once.
    private func nextDue(_ jobset: StoredJobset) -> Instant? {
        jobset.description.schedule?.next(after: now())
    }
}
