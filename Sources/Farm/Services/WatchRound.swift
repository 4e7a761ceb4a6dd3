// SPDX-License-Identifier: GPL-3.0-or-later

package import Jobsets
package import Logging
import Synchronization
package import TimeTravel

/// Looks, not more often than once a minute, for what nothing else tells of: traps that are fixed, edges that come near,
/// horizons that become shorter, trouble of the farm itself; and counts what lists of evaluations show.
package final class WatchRound: Sendable {
    private let database: FarmDatabase
    private let operatorTarget: AlertTarget?
    private let logger: Logger
    private let now: @Sendable () -> Instant
    private let lacksSpace: @Sendable () -> FarmTrouble?
    private let last = Mutex<Instant?>(nil)

    /// - Parameters:
    ///   - operatorTarget: who hears of the farm's own trouble; nil: only the log.
    ///   - lacksSpace: says when the disk is nearly full.
    package init(
        database: FarmDatabase, operatorTarget: AlertTarget?, logger: Logger, now: @escaping @Sendable () -> Instant,
        lacksSpace: @escaping @Sendable () -> FarmTrouble?
    ) {
        self.database = database
        self.operatorTarget = operatorTarget
        self.logger = logger
        self.now = now
        self.lacksSpace = lacksSpace
    }

    package func callAsFunction() async throws {
        let present = now()
        let isDue = last.withLock { last in
            if let last, (0..<60).contains(present - last) { return false }
            last = present
            return true
        }
        guard isDue else { return }
        let fixed = try await database.settleFixedTraps()
        if fixed > 0 { logger.info("Traps are fixed in the newest revision", metadata: ["traps": "\(fixed)"]) }
        try await database.queueComingEdges(now: present)
        try await database.countEvaluations()
        try await database.watchHorizons()
        var troubles = [lacksSpace()].compactMap(\.self)
        if try await database.lacksWorkers() { troubles.append(.noWorker) }
        // A controller that is started anew is away for a moment.
        for pool in try await database.poolRecords() where pool.problemSince.map({ present - $0 >= 120 }) ?? false {
            troubles.append(.pool(name: pool.name, problem: pool.problem ?? ""))
        }
        for trouble in troubles {
            logger.error("The farm is in trouble", metadata: ["trouble": "\(trouble.text)"])
            if let operatorTarget {
                try await database.queueTrouble(trouble, day: present.date, to: operatorTarget)
            }
        }
    }
}
