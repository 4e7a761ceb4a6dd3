// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
package import Logging

/// Delivers the alerts that are due; each is tried until it is accepted, at growing intervals, then it is dead.
///
/// A target that stalls holds up no other: some are served at once, and what one is to get goes in order.
package struct OutboxRound: Sendable {
    /// Targets served at once.
    private static let concurrency = 4

    private let database: FarmDatabase
    private let handOver: @Sendable (Alert) async throws -> Void
    private let logger: Logger

    /// - Parameter deliver: hands an alert to its target; throws unless the target accepted it.
    package init(
        database: FarmDatabase, logger: Logger, deliver: @escaping @Sendable (Alert) async throws -> Void
    ) {
        self.database = database
        handOver = deliver
        self.logger = logger
    }

    package func callAsFunction() async throws {
        let due = Dictionary(grouping: try await database.dueAlerts(limit: 200), by: \.place)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, alerts) in due.values.enumerated() {
                if index >= Self.concurrency { try await group.next() }
                group.addTask { try await deliver(alerts) }
            }
            try await group.waitForAll()
        }
    }

    /// The alerts of one target; after one that was refused the others wait for their own next time.
    private func deliver(_ alerts: [Alert]) async throws {
        for alert in alerts where try await !deliver(alert) { return }
    }

    private func deliver(_ alert: Alert) async throws -> Bool {
        do {
            try await handOver(alert)
            try await database.alertDelivered(alert)
            logger.info("An alert was delivered", metadata: ["alert": "\(alert.id)", "kind": "\(alert.kind)"])
            return true
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            let pause = Self.pause(afterAttempts: alert.attempts + 1)
            try await database.alertFailed(alert, error: "\(error)", retryIn: pause)
            logger.warning(
                "An alert was not accepted",
                metadata: ["alert": "\(alert.id)", "attempt": "\(alert.attempts + 1)", "error": "\(error)"])
            return false
        }
    }

    /// 10 s, 20 s, 40 s … at most an hour.
    static func pause(afterAttempts attempts: Int) -> Double {
        min(3600, 10 * Double(1 << min(attempts - 1, 12)))
    }
}
