// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// A loaded jobset and how its newest evaluation went.
package struct JobsetRecord: Codable, Sendable {
    package var id: Int
    package var name: String
    package var description: String
    package var engine: String
    package var channel: String
    package var enabled: Bool
    package var priority: Int
    package var schedule: String?
    package var nextDue: Instant?
    package var evaluations: Int
    package var latestEvaluation: Int?
}

/// A jobset at a revision.
package struct EvaluationRecord: Codable, Sendable {
    package var id: Int
    package var jobset: String
    package var commit: String
    package var date: Instant
    package var subject: String
    package var state: String
    package var cause: String
    package var created: Instant
    package var started: Instant?
    package var finished: Instant?
    package var error: String?
    package var jobs: Int
    package var failedJobs: Int
    /// Builds of its derivations, by state.
    package var builds: [String: Int]
}

/// A derivation under conditions.
package struct BuildRecord: Codable, Sendable {
    package var id: Int
    package var derivation: String
    package var name: String
    package var conditions: Conditions
    package var state: String
    package var isScreening: Bool
    package var pendingInputs: Int
    package var priority: Int
    package var runs: [Int64]
    package var created: Instant
    package var finished: Instant?
    package var error: String?
    package var verdict: Verdict?
}

/// One attempt of a build on a worker.
package struct RunRecord: Codable, Sendable {
    package var id: Int64
    package var build: Int
    package var derivation: String
    package var conditions: Conditions
    package var worker: String?
    package var outcome: Outcome?
    package var reason: String?
    package var started: Instant
    package var finished: Instant?
    package var guestBegan: Instant?
    package var guestEnded: Instant?
    package var seconds: Double?
    package var logBytes: Int64?
}

/// What the farm knows about a package that an evaluation names.
package struct VerdictRecord: Codable, Sendable {
    package var package: String
    package var version: String
    package var derivation: String
    /// Null while it is not known.
    package var verdict: Verdict?
    /// Of its screening build: the words of docs/states.md.
    package var state: String
    package var jobs: [String]
    package var revisions: [String]
    /// Why there is no verdict, where there is a reason.
    package var reason: String?

    private enum CodingKeys: String, CodingKey {
        case package, version, derivation, verdict, state, jobs, revisions, reason
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(package, forKey: .package)
        try container.encode(version, forKey: .version)
        try container.encode(derivation, forKey: .derivation)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(state, forKey: .state)
        try container.encode(jobs, forKey: .jobs)
        try container.encode(revisions, forKey: .revisions)
        try container.encode(reason, forKey: .reason)
    }
}

/// How far the farm is with everything it was given.
package struct FarmProgress: Codable, Sendable, Equatable {
    package var evaluationsPending = 0
    package var evaluationsDone = 0
    package var evaluationsFailed = 0
    /// Packages that the evaluations now running have done, those without a derivation, and how many a second.
    package var packagesEvaluated = 0
    package var packagesFailed = 0
    package var packagesPerSecond = 0.0
    package var sourcesWanted = 0
    package var sourcesDone = 0
    package var sourcesLost = 0
    package var buildsWaiting = 0
    package var buildsRunning = 0
    package var buildsDone = 0
    package var runsDone = 0
    package var investigationsOpen = 0
    package var investigationsConcluded = 0
    package var traps = 0

    /// Nothing is left to do.
    package var isSettled: Bool {
        evaluationsPending == 0 && sourcesWanted == 0 && buildsWaiting == 0 && buildsRunning == 0
            && investigationsOpen == 0
    }
}
