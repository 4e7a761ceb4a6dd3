// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
package import Logging

/// Delivers the alerts that are due; each is tried until it is accepted, at growing intervals, then it is dead.
package struct OutboxRound: Sendable {
    private let database: FarmDatabase
    private let deliver: @Sendable (Alert) async throws -> Void
    private let logger: Logger

    /// - Parameter deliver: hands an alert to its target; throws unless the target accepted it.
    package init(
        database: FarmDatabase, logger: Logger, deliver: @escaping @Sendable (Alert) async throws -> Void
    ) {
        self.database = database
        self.deliver = deliver
        self.logger = logger
    }

    package func callAsFunction() async throws {
        for alert in try await database.dueAlerts() {
            do {
                try await deliver(alert)
                try await database.alertDelivered(alert.id)
                logger.info("An alert was delivered", metadata: ["alert": "\(alert.id)", "kind": "\(alert.kind)"])
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                let pause = Self.pause(afterAttempts: alert.attempts + 1)
                try await database.alertFailed(alert.id, error: "\(error)", retryIn: pause)
                logger.warning(
                    "An alert was not accepted",
                    metadata: ["alert": "\(alert.id)", "attempt": "\(alert.attempts + 1)", "error": "\(error)"])
            }
        }
    }

    /// 10 s, 20 s, 40 s … at most an hour.
    static func pause(afterAttempts attempts: Int) -> Double {
        min(3600, 10 * Double(1 << min(attempts - 1, 12)))
    }
}
