// SPDX-License-Identifier: GPL-3.0-or-later

import Evaluators
import Foundation
import Guests
import Jobsets
package import Logging
import Postgres
package import ServiceLifecycle
import Sources
import StoreDaemon
import TimeTravel
import Transfer

/// The whole farm of one data directory, put together: everything below the web API.
package struct FarmServer: Sendable {
    package let database: FarmDatabase
    package let services: [any Service]
    /// Tells when something in the database has changed, while the services run.
    package let wakeUps: WakeUps
    private let access: DatabaseAccess

    /// Opens the database, makes what guests need, takes back what a former server left, and builds the services.
    ///
    /// The caller holds the data directory's lock.
    package static func open(_ configuration: FarmConfiguration, logger: Logger) async throws -> FarmServer {
        let access = DatabaseAccess(configuration)
        let server = try await access.open()
        let pool = PostgresPool(server)
        do {
            let database = FarmDatabase(pool: pool)
            let parts = try await FarmParts(
                configuration: configuration, database: database, wakeUps: WakeUps(listener: PostgresListener(server)),
                logger: logger)
            try await LeftoverGuests.sweep(configuration.dataDirectory.runs)
            try await database.requeueEvaluations()
            try await database.requeueSources()
            try await database.retireWorkers(named: parts.workerName)
            try await database.forgetPools()
            // The first ends last: others sign off in the database.
            let keeper = configuration.databaseURL == nil ? [DatabaseKeeper(access, logger: logger)] : []
            return FarmServer(
                database: database, services: keeper + parts.services(), wakeUps: parts.wakeUps, access: access)
        } catch {
            await pool.close()
            try? await access.close()
            throw error
        }
    }

    /// Stops what `open` started. To be called when the services have ended.
    package func close() async {
        await database.pool.close()
        try? await access.close()
    }
}

/// What the services are made of.
struct FarmParts {
    let configuration: FarmConfiguration
    let database: FarmDatabase
    let wakeUps: WakeUps
    let logger: Logger
    let store: HostStore
    let host: GuestHost
    let kernel: KernelRelease
    let engines: FarmEngines
    let now: @Sendable () -> Instant = { Instant(seconds: Int64(Date().timeIntervalSince1970)) }

    init(configuration: FarmConfiguration, database: FarmDatabase, wakeUps: WakeUps, logger: Logger) async throws {
        self.configuration = configuration
        self.database = database
        self.wakeUps = wakeUps
        self.logger = logger
        store = try FarmHost.store(configuration)
        host = try await FarmHost.prepare(configuration, logger: logger)
        kernel = try await host.kernels.standard()
        engines = try FarmEngines(configuration: configuration, store: store, logger: logger)
        logger.info(
            "Guests are ready to boot",
            metadata: ["accelerator": "\(host.accelerator.rawValue)", "kernel": "\(kernel)"])
    }

    /// One data directory is one worker's name: its former self is gone when a new server holds the lock.
    var workerName: String { "\(FarmHost.name):\(configuration.data)" }

    func services() -> [any Service] {
        // Services end in the reverse order: the pool's workers sign off while the rest is still there.
        let parts: [any Service] =
            [
                wakeUps, lookUps, evaluations, sources, investigations, outbox, buildEvents, watch, leases, retention,
                leftovers,
            ]
            + [slurmPool].compactMap(\.self)
        guard configuration.guests > 0 else { return parts }
        let builder = GuestBuilder(
            database: database, store: store, host: host, data: configuration.dataDirectory,
            memory: configuration.guestMemory)
        return parts + [
            Worker(
                database: database,
                offer: .machine(name: workerName, accelerator: host.accelerator, capacity: configuration.guests),
                room: WorkerGuard(directory: configuration.data), wakeUps: wakeUps, logger: logger,
                build: { try await builder($0) })
        ]
    }

    private var lookUps: WokenService {
        let engines = engines
        let round = LookUpRound(database: database, logger: logger, now: now) { try await engines.revisions(of: $0) }
        return WokenService("look-ups", wakeUps: wakeUps.stream(.evaluations), logger: logger) { try await round() }
    }

    private var evaluations: WokenService {
        let engines = engines
        let round = EvaluationRound(
            database: database, store: store, defaultKernel: kernel, now: now, logger: logger
        ) { try await engines.evaluate($0, of: $1, progress: $2) }
        return WokenService("evaluations", wakeUps: wakeUps.stream(.evaluations), logger: logger) { try await round() }
    }

    private var sources: WokenService {
        let engines = engines
        let round = SourceRound(database: database, logger: logger) { try await engines.realise($0) }
        return WokenService("sources", wakeUps: wakeUps.stream(.sources), logger: logger) { try await round() }
    }

    private var investigations: WokenService {
        let host = host
        let preparation = InvestigationPreparation(
            database: database, store: store, kernel: kernel, kernels: { try await host.kernels.made() }, now: now)
        let round = InvestigationRound(
            database: database, guests: max(1, configuration.mostGuests), logger: logger
        ) { try await preparation($0, $1) }
        return WokenService(
            "investigations", wakeUps: wakeUps.stream(.runs, .investigations), logger: logger
        ) { try await round() }
    }

    private var outbox: WokenService {
        let delivery = AlertDelivery(
            settings: configuration.alerts, environment: ProcessInfo.processInfo.environment, now: now)
        let round = OutboxRound(database: database, logger: logger) { try await delivery($0) }
        return WokenService("alerts", wakeUps: wakeUps.stream(.outbox), logger: logger) { try await round() }
    }

    private var buildEvents: WokenService {
        let round = BuildEventRound(
            database: database, settings: configuration.dataService, logger: logger, now: now)
        return WokenService("build-events", wakeUps: wakeUps.stream(.runs), logger: logger) { try await round() }
    }

    private var watch: WokenService {
        let data = configuration.data
        let round = WatchRound(
            database: database, operatorTarget: configuration.alerts.operatorTarget, logger: logger, now: now
        ) {
            guard let free = FarmTrouble.freeBytes(data), free < FarmTrouble.leastSpace else { return nil }
            return .disk(path: data, freeBytes: free)
        }
        return WokenService("watch", wakeUps: wakeUps.stream(.outbox), logger: logger) { try await round() }
    }

    private var retention: WokenService {
        let sweep = RetentionSweep(
            database: database, store: store, data: configuration.dataDirectory, logger: logger, now: now)
        let round = RetentionRound(database: database, logger: logger, now: now) { try await sweep() }
        return WokenService("retention", wakeUps: wakeUps.stream(.outbox), logger: logger) { try await round() }
    }

    private var leftovers: WokenService {
        let sweep = LeftoverSweep(database: database, data: configuration.dataDirectory, logger: logger, now: now)
        return WokenService("leftovers", wakeUps: wakeUps.stream(.outbox), logger: logger) { try await sweep() }
    }

    private var slurmPool: SlurmPool? {
        guard configuration.pool == .slurm else { return nil }
        return SlurmPool(
            database: database,
            slurm: SlurmCommands(configuration, environment: ProcessInfo.processInfo.environment),
            settings: configuration.slurm, endsWorkers: configuration.databaseURL == nil, logger: logger, now: now)
    }

    private var leases: WokenService {
        let (database, logger) = (database, logger)
        return WokenService("leases", wakeUps: wakeUps.stream(.runs), logger: logger) {
            let count = try await database.requeueLost(silence: Worker.silence)
            if count > 0 { logger.warning("Builds of lost workers were queued again", metadata: ["count": "\(count)"]) }
        }
    }
}
