// SPDX-License-Identifier: GPL-3.0-or-later

/// What one run of a build showed.
package struct ObservedRun: Hashable, Codable, Sendable {
    /// The run's number in the farm; each number is counted once, however often it is recorded.
    package var id: Int64
    /// As asked for, and verified in the guest unless the outcome is `infrastructure`.
    package var conditions: Conditions
    package var outcome: Outcome
    /// The guest's clock when the build began and when it ended; at an infrastructure failure they mean nothing.
    package var began: Instant
    package var ended: Instant
    /// What the log says, as `LogMiner` reads it.
    package var facts: [LogFact]

    package init(
        id: Int64, conditions: Conditions, outcome: Outcome, began: Instant, ended: Instant, facts: [LogFact] = []
    ) {
        self.id = id
        self.conditions = conditions
        self.outcome = outcome
        self.began = began
        self.ended = max(began, ended)
        self.facts = facts
    }

    /// How long the build took by the guest's clock.
    package var duration: Duration { .seconds(ended - began) }
}
