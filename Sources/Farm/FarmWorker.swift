// SPDX-License-Identifier: GPL-3.0-or-later

import Guests
package import Logging
import Postgres
package import ServiceLifecycle
import StoreDaemon
import TimeTravel

/// A worker by itself: it shares the server's database and data directory.
package struct FarmWorker: Sendable {
    package let services: [any Service]
    private let database: FarmDatabase
    private let lock: ServerLock

    /// Connects, makes what guests need, and takes back what a former worker of this name left.
    ///
    /// - Parameters:
    ///   - name: one name is one process at a time; a second one is refused.
    ///   - job: the pool's number of the job that this process is.
    package static func open(
        _ configuration: FarmConfiguration, name: String, job: String? = nil,
        leaving: Worker.Leaving = Worker.Leaving(), logger: Logger
    ) async throws -> FarmWorker {
        let data = configuration.dataDirectory
        let lock = try ServerLock(path: data.workerLock(name))
        let server = try await access(configuration)
        let pool = PostgresPool(server)
        let database = FarmDatabase(pool: pool)
        do {
            let host = try await FarmHost.prepare(configuration, logger: logger)
            let builder = GuestBuilder(
                database: database, store: try FarmHost.store(configuration), host: host, data: data,
                memory: configuration.guestMemory)
            let offer = WorkerOffer.machine(
                name: "\(FarmHost.name):\(configuration.data):\(name)", accelerator: host.accelerator,
                capacity: configuration.guests, job: job)
            try await LeftoverGuests.sweep(data.runs)
            try await database.retireWorkers(named: offer.name)
            let wakeUps = WakeUps(listener: PostgresListener(server))
            let worker = Worker(
                database: database, offer: offer, room: WorkerGuard(directory: configuration.data),
                leaving: leaving, wakeUps: wakeUps, logger: logger, build: { try await builder($0) })
            return FarmWorker(services: [wakeUps, worker], database: database, lock: lock)
        } catch {
            await pool.close()
            lock.release()
            throw error
        }
    }

    /// The cluster of the data directory is its server's: it is neither started nor stopped here.
    private static func access(_ configuration: FarmConfiguration) async throws -> PostgresConfiguration {
        let access = DatabaseAccess(configuration)
        guard try await access.isRunning else { throw FarmError.noDatabase(data: configuration.data) }
        return try await access.open()
    }

    /// To be called when the services have ended.
    package func close() async {
        await database.pool.close()
        lock.release()
    }
}

extension WorkerOffer {
    /// What this machine can give a build. Kernels are fetched as they are asked for.
    static func machine(name: String, accelerator: Accelerator, capacity: Int, job: String? = nil) -> WorkerOffer {
        let models = accelerator == .kvm ? CPUModel.allCases : CPUModel.emulated
        return WorkerOffer(
            name: name, host: FarmHost.name, capacity: capacity,
            features: models.map { "cpu:\($0.rawValue)" } + ["engine:*", "kernel:*", "system:*"],
            memory: WorkerGuard.machineMemory, job: job)
    }
}
