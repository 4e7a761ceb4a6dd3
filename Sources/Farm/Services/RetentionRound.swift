// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging
package import TimeTravel

/// Applies retention once a night, at 03:00 UTC or when a server runs again after it.
package struct RetentionRound: Sendable {
    private static let hour: Int64 = 3

    private let database: FarmDatabase
    private let logger: Logger
    private let now: @Sendable () -> Instant
    private let sweep: @Sendable () async throws -> [RetentionRecord]

    package init(
        database: FarmDatabase, logger: Logger, now: @escaping @Sendable () -> Instant,
        sweep: @escaping @Sendable () async throws -> [RetentionRecord]
    ) {
        self.database = database
        self.logger = logger
        self.now = now
        self.sweep = sweep
    }

    package func callAsFunction() async throws {
        let present = now()
        let latest = Instant(seconds: (present.seconds - Self.hour * 3_600) / 86_400 * 86_400 + Self.hour * 3_600)
        guard try await database.begin("retention", unlessSince: latest, now: present) else { return }
        for record in try await sweep() {
            logger.info(
                "What a jobset no longer keeps was given up",
                metadata: [
                    "jobset": "\(record.jobset ?? "-")", "evaluations": "\(record.evaluations)",
                    "logs": "\(record.logs)", "outputs": "\(record.outputs)", "bytes": "\(record.outputBytes)",
                ])
        }
    }
}
