// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
package import Logging
import ServiceLifecycle
package import TimeTravel

/// Keeps as many workers in Slurm jobs as the queue has builds for.
///
/// Each look asks Slurm for the farm's jobs and the database for the queue, and does one thing about the difference. Nothing
/// is kept that the next server could not learn from these two.
package struct SlurmPool: Service {
    static let name = "slurm"

    private let database: FarmDatabase
    private let slurm: SlurmCommands
    private let settings: SlurmSettings
    private let endsWorkers: Bool
    private let logger: Logger
    private let now: @Sendable () -> Instant

    /// - Parameter endsWorkers: whether the workers cannot go on without this server, as their database ends with it. Else
    ///   they finish what they are at.
    package init(
        database: FarmDatabase, slurm: SlurmCommands, settings: SlurmSettings, endsWorkers: Bool, logger: Logger,
        now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.slurm = slurm
        self.settings = settings
        self.endsWorkers = endsWorkers
        var logger = logger
        logger[metadataKey: "service"] = "slurm"
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await live() }
        do {
            try await leave()
        } catch {
            logger.error("Jobs may be left in Slurm's queue", metadata: ["jobs": "\(slurm.name)", "error": "\(error)"])
        }
    }

    private func live() async {
        var looks = Looks(plan: PoolPlan(PoolPlan.Limits(guests: settings.guests, jobs: settings.jobs)))
        while !Task.isCancelled {
            do {
                try await look(&looks)
            } catch {
                if Task.isCancelled { return }
                looks.problem = "\(error)"
            }
            do {
                try await database.store(record(looks))
            } catch {
                if Task.isCancelled { return }
                logger.warning("What was seen of the pool could not be noted", metadata: ["error": "\(error)"])
            }
            if let problem = looks.problem, problem != looks.told {
                logger.error("The pool does not work as it should", metadata: ["problem": "\(problem)"])
            }
            looks.told = looks.problem
            do { try await Task.sleep(for: settings.interval.duration) } catch { return }
        }
    }

    /// What is kept between looks: it saves work and words, and is no loss.
    private struct Looks {
        var plan: PoolPlan
        /// The farm's jobs at the last look, and those submitted since.
        var tasks: [SlurmTask] = []
        var refusal: String?
        /// A job that ended before its worker began.
        var stillborn: String?
        var problem: String?
        var told: String?
    }

    private func record(_ looks: Looks) -> PoolRecord {
        PoolRecord(
            name: Self.name, waiting: looks.tasks.count { $0.stage == .waiting },
            running: looks.tasks.count { $0.stage == .running }, capacity: settings.guests, most: settings.jobs,
            problem: looks.problem, looked: now())
    }

    private func look(_ looks: inout Looks) async throws {
        let tasks = try await slurm.tasks()
        let running = tasks.filter { $0.stage == .running }.map(\.id)
        let ended = Set(looks.tasks.map(\.id)).subtracting(tasks.map(\.id)).sorted()
        let demand = try await database.poolDemand(
            jobs: running + ended, limit: (settings.jobs + 1) * settings.guests)
        looks.tasks = tasks
        let stillborn = ended.filter { !demand.begun.contains($0) }
        let step = looks.plan.next(
            PoolPlan.Sight(
                ready: demand.ready, free: demand.free, waiting: tasks.filter { $0.stage == .waiting }.map(\.id),
                starting: running.count { !demand.begun.contains($0) }, placed: tasks.count { $0.stage != .waiting },
                stillborn: stillborn.count), now: now())
        looks.stillborn = stillborn.last ?? (looks.plan.failures > 0 ? looks.stillborn : nil)
        do {
            try await take(step, &looks)
            if step != .nothing || looks.plan.failures == 0 { looks.refusal = nil }
        } catch let error as SlurmError {
            looks.plan.refused(now: now())
            looks.refusal = "\(error)"
        }
        looks.problem = problem(looks)
    }

    private func take(_ step: PoolPlan.Step, _ looks: inout Looks) async throws {
        switch step {
        case .nothing: break
        case .submit(let count):
            let array = try await slurm.submit(count)
            looks.tasks += (0..<count).map { SlurmTask(id: "\(array)_\($0)", stage: .waiting) }
            logger.info("Jobs were submitted", metadata: ["array": "\(array)", "jobs": "\(count)"])
        case .cancel(let ids):
            try await slurm.cancel(ids)
            looks.tasks.removeAll { ids.contains($0.id) }
            logger.info("Jobs that waited in vain were cancelled", metadata: ["jobs": "\(ids.count)"])
        }
    }

    private func problem(_ looks: Looks) -> String? {
        if let refusal = looks.refusal { return refusal }
        if let job = looks.stillborn {
            return "job \(job) ended before its worker began; its log is \(slurm.log(of: job))"
        }
        return looks.tasks.first { $0.isStuck }.map {
            "Slurm lets job \($0.id) wait for \($0.reason), which does not pass by itself; 'scontrol show job' says more"
        }
    }

    // MARK: The end

    /// Longer than Slurm's usual KillWait of 30 s, shorter than a service manager's patience.
    private static let patience = 40

    /// Takes back what waits, and lets the workers end: at once where their database ends with this server, else when
    /// they have finished what they hold.
    private func leave() async throws {
        let tasks = try await slurm.tasks().filter { $0.stage != .ending }
        let running = tasks.filter { $0.stage == .running }.map(\.id)
        let kept = endsWorkers ? [] : try await database.drain(jobs: running)
        try await slurm.cancel(tasks.filter { $0.stage == .waiting }.map(\.id))
        try await slurm.cancel(running.filter { !kept.contains($0) }, isGentle: true)
        try await database.forgetPools()
        if tasks.isEmpty { return }
        logger.notice(
            "The pool is given up", metadata: ["cancelled": "\(tasks.count - kept.count)", "drained": "\(kept.count)"])
        // Their workers sign off in the database, which may end with this server.
        for _ in 0..<Self.patience {
            let left = try await slurm.tasks().filter { !kept.contains($0.id) }
            if left.isEmpty { return }
            try await Task.sleep(for: .seconds(1))
        }
        try await slurm.cancel(try await slurm.tasks().map(\.id).filter { !kept.contains($0) })
    }
}

extension SlurmPool: CustomStringConvertible {
    package var description: String { "slurm pool" }
}
