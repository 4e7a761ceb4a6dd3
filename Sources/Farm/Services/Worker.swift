// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging
import ServiceLifecycle
import TimeTravel

/// Claims ready builds, has each made in a guest of its own, and records what was seen.
package struct Worker: Service {
    /// How long a worker may be silent before the farm gives its builds to others, and how often it speaks.
    package static let silence: Duration = .seconds(60)
    package static let heartbeat: Duration = .seconds(10)

    private let database: FarmDatabase
    private let name: String
    private let host: String
    private let capacity: Int
    private let wakeUps: WakeUps
    private let logger: Logger
    private let build: @Sendable (ClaimedBuild) async throws -> RunReport

    /// - Parameters:
    ///   - capacity: guests at once.
    ///   - build: makes a build in a guest; what it throws is recorded as infrastructure.
    package init(
        database: FarmDatabase, name: String, host: String, capacity: Int, wakeUps: WakeUps, logger: Logger,
        build: @escaping @Sendable (ClaimedBuild) async throws -> RunReport
    ) {
        self.database = database
        self.name = name
        self.host = host
        self.capacity = capacity
        self.wakeUps = wakeUps
        self.logger = logger
        self.build = build
    }

    package func run() async throws {
        let worker = try await database.registerWorker(name: name, host: host, capacity: capacity)
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await beat(worker) }
                for _ in 0..<capacity { group.addTask { await serve(worker) } }
            }
        }
        // What was in flight goes back to the queue now rather than when the silence is noticed. When another part has
        // failed this is cut short; then the next server on this data directory does it.
        do {
            try await database.retire(worker: worker)
        } catch {
            logger.notice("The worker could not sign off; its builds return later", metadata: ["error": "\(error)"])
        }
    }

    /// One place for a guest: takes builds one after the other.
    private func serve(_ worker: Int) async {
        for await _ in wakeUps.stream(.builds) {
            do {
                while let claim = try await database.claim(worker: worker, count: 1).first {
                    try await make(claim)
                }
            } catch {
                if Task.isCancelled { return }
                logger.warning("A worker's round failed; it is tried again", metadata: ["error": "\(error)"])
            }
        }
    }

    private func make(_ claim: ClaimedBuild) async throws {
        var logger = logger
        logger[metadataKey: "run"] = "\(claim.run)"
        logger[metadataKey: "derivation"] = "\(claim.derivationPath)"
        logger[metadataKey: "conditions"] = "\(claim.conditions)"
        var report: RunReport
        do {
            report = try await build(claim)
        } catch {
            // Cut short by a shutdown: nothing was observed, and the sign-off gives the build back.
            if Task.isCancelled { throw CancellationError() }
            report = RunReport(outcome: .infrastructure, reason: "\(error)")
        }
        if Task.isCancelled { throw CancellationError() }
        try await record(claim, report)
        logger.info(
            "A run ended",
            metadata: [
                "outcome": "\(report.outcome.rawValue)", "seconds": "\(report.seconds.map { "\($0)" } ?? "-")",
                "reason": "\(report.reason?.split(separator: "\n").first ?? "-")",
            ])
    }

    /// Recording is tried until the database takes it or the worker is stopped: what a guest showed is not thrown away
    /// because the database was away for a moment. It is idempotent.
    private func record(_ claim: ClaimedBuild, _ report: RunReport) async throws {
        var pause: Duration = .milliseconds(200)
        while true {
            do {
                _ = try await database.finish(claim, report)
                return
            } catch {
                if Task.isCancelled { throw CancellationError() }
                logger.warning(
                    "A run could not be recorded; it is tried again",
                    metadata: ["run": "\(claim.run)", "error": "\(error)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(10))
            }
        }
    }

    private func beat(_ worker: Int) async {
        while !Task.isCancelled {
            do {
                if try await !database.heartbeat(worker: worker) {
                    logger.error("The farm took this worker for lost", metadata: ["worker": "\(worker)"])
                }
                try await Task.sleep(for: Self.heartbeat)
            } catch {
                if Task.isCancelled { return }
                logger.warning("A heartbeat failed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

extension Worker: CustomStringConvertible {
    package var description: String { "worker \(name)" }
}
