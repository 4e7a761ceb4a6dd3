// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging
import ServiceLifecycle
import TimeTravel

/// Claims ready builds, has each made in a guest of its own, and records what was seen.
package struct Worker: Service {
    /// How long a worker may be silent before the farm gives its builds to others, and how often it speaks.
    package static let silence: Duration = .seconds(60)

    /// How a worker keeps in touch.
    package struct Pace: Sendable {
        package var heartbeat: Duration
        /// A claim that it has not heard of for so long was lost on the way.
        package var grace: Duration

        package init(heartbeat: Duration = .seconds(10), grace: Duration = .seconds(60)) {
            self.heartbeat = heartbeat
            self.grace = grace
        }
    }

    /// When a worker that was not told to ends by itself: it takes no more builds, and goes when it holds none.
    package struct Leaving: Sendable {
        /// It held nothing for so long.
        package var whenIdle: Duration?
        /// It has been there for so long.
        package var after: Duration?

        package init(whenIdle: Duration? = nil, after: Duration? = nil) {
            self.whenIdle = whenIdle
            self.after = after
        }
    }

    private let database: FarmDatabase
    private let offer: WorkerOffer
    private let room: WorkerGuard?
    private let pace: Pace
    private let leaving: Leaving?
    private let wakeUps: WakeUps
    private let logger: Logger
    private let build: @Sendable (ClaimedBuild) async throws -> RunReport
    private let holdings = Holdings()

    /// - Parameters:
    ///   - room: what the machine has left; nil: nothing is looked at.
    ///   - leaving: whether `run` returns when it was told to drain and holds nothing any more, and when it drains by itself.
    ///   - build: makes a build in a guest; what it throws is recorded as infrastructure.
    package init(
        database: FarmDatabase, offer: WorkerOffer, room: WorkerGuard? = nil, pace: Pace = Pace(),
        leaving: Leaving? = nil, wakeUps: WakeUps, logger: Logger,
        build: @escaping @Sendable (ClaimedBuild) async throws -> RunReport
    ) {
        self.database = database
        self.offer = offer
        self.room = room
        self.pace = pace
        self.leaving = leaving
        self.wakeUps = wakeUps
        self.logger = logger
        self.build = build
    }

    package func run() async throws {
        let worker = try await database.registerWorker(offer)
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for _ in 0..<offer.capacity { group.addTask { await serve(worker) } }
                await beat(worker)
                group.cancelAll()
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
                while let claim = try await claim(worker) { try await make(claim) }
            } catch {
                if Task.isCancelled { return }
                logger.warning("A worker's round failed; it is tried again", metadata: ["error": "\(error)"])
            }
        }
    }

    private func claim(_ worker: Int) async throws -> ClaimedBuild? {
        switch room?.verdict() {
        case nil: try await database.claim(worker: worker, count: 1).first
        case .room(let memory): try await database.claim(worker: worker, count: 1, freeMemory: memory).first
        case .hindered: nil
        }
    }

    /// - Returns: nil when the run was taken away meanwhile.
    private func outcome(of claim: ClaimedBuild) async throws -> RunReport? {
        let revoked = holdings.begin(claim.run)
        return try await withThrowingTaskGroup(of: RunReport?.self) { group in
            group.addTask {
                do {
                    return try await build(claim)
                } catch {
                    // Cut short by a shutdown: nothing was observed, and the sign-off gives the build back.
                    if Task.isCancelled { throw CancellationError() }
                    return RunReport(outcome: .infrastructure, reason: "\(error)")
                }
            }
            group.addTask {
                for await _ in revoked { return nil }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func make(_ claim: ClaimedBuild) async throws {
        var logger = logger
        logger[metadataKey: "run"] = "\(claim.run)"
        logger[metadataKey: "derivation"] = "\(claim.derivationPath)"
        logger[metadataKey: "conditions"] = "\(claim.conditions)"
        // Held until it is recorded: a heartbeat in between must not take it for a claim that never arrived.
        defer { holdings.end(claim.run) }
        guard let report = try await outcome(of: claim) else {
            logger.notice("A run was taken away; its guest was ended")
            return
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

    /// Speaks until cancelled, or until it is drained where it is to leave then.
    private func beat(_ worker: Int) async {
        let begun = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let holding = holdings.runs
                let reply = try await database.heartbeat(
                    worker: worker, holding: holding, grace: pace.grace, hindrance: hindrance)
                if !reply.wasKnown {
                    logger.error("The farm took this worker for lost", metadata: ["worker": "\(worker)"])
                }
                holdings.revoke(reply.revoked)
                let isDraining = leaving != nil && reply.state == .draining
                if isDraining, holding.isEmpty, holdings.runs.isEmpty {
                    logger.notice("The worker is drained and leaves", metadata: ["worker": "\(worker)"])
                    return
                }
                if !isDraining, mustDrain(since: begun) {
                    // A claim that is under way is heard of before the next heartbeat.
                    _ = try await database.setState(.draining, worker: worker)
                }
                try await Task.sleep(for: isDraining ? min(pace.heartbeat, .seconds(1)) : pace.heartbeat)
            } catch {
                if Task.isCancelled { return }
                logger.warning("A heartbeat failed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private var hindrance: String? {
        if case .hindered(let why) = room?.verdict() { why } else { nil }
    }

    private func mustDrain(since begun: ContinuousClock.Instant) -> Bool {
        if let limit = leaving?.whenIdle, let idle = holdings.idle, idle >= limit { return true }
        return leaving?.after.map { begun.duration(to: .now) >= $0 } ?? false
    }
}

extension Worker: CustomStringConvertible {
    package var description: String { "worker \(offer.name)" }
}
