// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Foundation
import Jobsets
import Logging
import Postgres
import ServiceLifecycle
import Testing
import TimeTravel

/// The pool against a real Slurm, with jobs that are no workers: what it does about those that come to nothing.
@Suite(.serialized, .enabled(if: LocalSlurm.isInstalled, "needs slurm-wlm and munge, which ops/setup --tests installs"))
struct SlurmPoolEndToEndTests {
    private struct Scene {
        let slurm: LocalSlurm
        let farm: FarmFixture
        let group: ServiceGroup
        let wakeUps: WakeUps

        /// Waits until something is true of what the pool noted, and of Slurm's queue.
        func await(_ isReached: (PoolRecord, [SlurmTask]) -> Bool) async throws {
            for await _ in wakeUps.stream(.runs) {
                guard let record = try await farm.database.poolRecords().first else { continue }
                if isReached(record, try await slurm.jobs()) { return }
            }
        }
    }

    /// Runs a pool for two ready builds on one node.
    ///
    /// - Parameter program: what a job runs in place of `almanac`.
    private func run(
        program: String, settings: [String: String] = [:], _ body: (Scene) async throws -> Void
    ) async throws {
        try await LocalSlurm.run(nodes: 1) { slurm in
            let script = "\(slurm.directory)/program"
            try "#!/bin/sh\n\(program)\n".write(toFile: script, atomically: true, encoding: .utf8)
            try #require(chmod(script, 0o755) == 0)
            try await FarmFixture.run { farm in
                try await farm.database.retire(worker: farm.worker)
                var closure = try FarmFixture.chain(["source"] + (1...2).map { "package-\($0)" })
                for index in closure.indices { closure[index].derivation.inputDerivations = [] }
                try await farm.evaluate(closure: closure)
                var configuration = try FarmConfiguration.load(
                    file: nil, environment: ["ALMANAC_DATA": slurm.directory + "/data"], processors: 2)
                try configuration.dataDirectory.create()
                let given = ["slurm-guests": "1", "slurm-interval": "1 s", "slurm-program": script]
                try configuration.apply(settings: given.merging(settings) { $1 }, from: "test")
                let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
                let pool = SlurmPool(
                    database: farm.database, slurm: SlurmCommands(configuration, environment: slurm.environment),
                    settings: configuration.slurm, endsWorkers: true, logger: silent,
                    now: { Instant(seconds: Int64(Date().timeIntervalSince1970)) })
                let wakeUps = WakeUps(
                    listener: PostgresListener(farm.database.pool.configuration), interval: .milliseconds(200))
                let group = ServiceGroup(
                    configuration: ServiceGroupConfiguration(
                        services: [.init(service: wakeUps), .init(service: pool)], logger: silent))
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    try await body(Scene(slurm: slurm, farm: farm, group: group, wakeUps: wakeUps))
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
                #expect(try await slurm.jobs().filter { $0.stage != .ending }.isEmpty)
                #expect(try await farm.database.poolRecords().isEmpty)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `jobs whose program fails are told of, and not submitted again at once`() async throws {
        try await run(program: "echo no such library >&2; exit 127") { scene in
            try await scene.await { record, _ in record.problem?.contains("ended before its worker began") ?? false }
            let log = "\(scene.slurm.directory)/data/workers/slurm-1_0.log"
            #expect(try String(contentsOfFile: log, encoding: .utf8) == "no such library\n")
            #expect(try await scene.farm.database.poolRecords().first?.problem?.contains(".log") ?? false)
            // Two builds, two jobs; the next array comes after a pause.
            #expect(try await scene.slurm.jobs().isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what Slurm refuses is told of in its own words`() async throws {
        try await run(program: "exec true", settings: ["slurm-partition": "nowhere"]) { scene in
            try await scene.await { record, _ in
                record.problem?.contains("sbatch refused: 'sbatch: error: invalid partition specified: nowhere")
                    ?? false
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a job that can never start is told of, and goes with the farm`() async throws {
        try await run(program: "exec true", settings: ["slurm-options": "--hold"]) { scene in
            try await scene.await { record, jobs in
                record.problem?.contains("JobHeldUser") ?? false && jobs.count == 2 && record.waiting == 2
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `jobs that run and jobs that wait end with the farm`() async throws {
        // Each on a node of its own, of which there is one.
        try await run(program: "exec sleep 1000", settings: ["slurm-options": "--exclusive"]) { scene in
            try await scene.await { record, jobs in
                record.running == 1 && record.waiting == 1 && record.problem == nil
                    && Set(jobs.map(\.stage)) == [.running, .waiting]
            }
        }
    }
}
