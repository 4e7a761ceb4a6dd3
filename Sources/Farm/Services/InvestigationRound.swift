// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging
package import TimeTravel

/// Moves every open investigation as far as it goes: rebuilds its machine from the runs in the database, and does what
/// the machine says.
///
/// Nothing of a machine is kept between rounds, so that a crash, or a second round at the same time, changes nothing.
package struct InvestigationRound: Sendable {
    private let database: FarmDatabase
    private let guests: Int
    private let prepare: @Sendable (OpenInvestigation, InvestigationContext) async throws -> (Subject, [Candidate])
    private let logger: Logger

    /// - Parameters:
    ///   - guests: how many builds one investigation may have in flight.
    ///   - prepare: makes the subject of an investigation and mines the package's sources for candidates.
    package init(
        database: FarmDatabase, guests: Int, logger: Logger,
        prepare: @escaping @Sendable (OpenInvestigation, InvestigationContext) async throws -> (Subject, [Candidate])
    ) {
        self.database = database
        self.guests = guests
        self.logger = logger
        self.prepare = prepare
    }

    package func callAsFunction() async throws {
        for id in try await database.openInvestigations() {
            try Task.checkCancellation()
            guard let investigation = try await database.openInvestigation(id) else { continue }
            try await advance(investigation)
        }
    }

    private func advance(_ investigation: OpenInvestigation) async throws {
        let context = try await database.context(of: investigation.derivation)
        let subject: Subject
        let candidates: [Candidate]
        if let known = investigation.subject {
            (subject, candidates) = (known, investigation.candidates)
        } else {
            (subject, candidates) = try await prepare(investigation, context)
            try await database.prepare(investigation: investigation.id, subject: subject, candidates: candidates)
        }
        if let obstacle = investigation.obstacle {
            try await conclude(
                investigation, subject,
                Finding(
                    verdict: .unknown, probability: 0, runs: investigation.runs.map(\.id),
                    reason: "It could not be investigated, because of infrastructure: \(obstacle)"))
            return
        }
        var machine = Investigation(subject: subject)
        machine.add(candidates)
        for run in investigation.runs { machine.record(run) }
        switch machine.next(free: max(0, guests - investigation.inFlight.count), inFlight: investigation.inFlight) {
        case .wait:
            break
        case .build(let conditions):
            try await database.request(conditions, for: investigation, jobset: context.jobset)
            logger.debug(
                "An investigation asked for builds",
                metadata: [
                    "investigation": "\(investigation.id)", "package": "\(subject.package)",
                    "conditions": "\(conditions.map(\.description))",
                ])
        case .concluded(let finding):
            try await conclude(investigation, subject, finding)
        }
    }

    private func conclude(_ investigation: OpenInvestigation, _ subject: Subject, _ finding: Finding) async throws {
        let trap = try await database.conclude(investigation, subject: subject, finding: finding)
        logger.info(
            "An investigation ended",
            metadata: [
                "investigation": "\(investigation.id)", "package": "\(subject.package)",
                "version": "\(subject.version)",
                "verdict": "\(finding.verdict.rawValue)", "cause": "\(finding.cause.rawValue)",
                "runs": "\(finding.runs.count)", "trap": "\(trap.map(String.init) ?? "none")",
            ])
    }
}
