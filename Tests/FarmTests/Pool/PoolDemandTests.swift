// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Jobsets
import Logging
import Postgres
import Testing
import TimeTravel

@testable import Farm

/// What the database says about how many workers are wanted.
@Suite struct PoolDemandTests {
    @Test func `ready builds are counted that the pool's workers can make, and free places of workers that live`()
        async throws
    {
        try await FarmFixture.run { farm in
            let database = farm.database
            try await farm.evaluate(["source", "one", "two"])
            #expect(try await database.poolDemand(jobs: ["1_0"], limit: 9) == PoolDemand(ready: 0, free: 2, begun: []))
            try await farm.fetchSource()
            #expect(try await database.poolDemand(jobs: ["1_0"], limit: 9) == PoolDemand(ready: 1, free: 2, begun: []))
            #expect(try await database.poolDemand(jobs: [], limit: 0).ready == 0)

            var offer = WorkerOffer(name: "slurm", host: "there", capacity: 4, features: ["cpu:max"], job: "1_0")
            let pooled = try await database.registerWorker(offer)
            #expect(
                try await database.poolDemand(jobs: ["1_0", "1_1"], limit: 9)
                    == PoolDemand(ready: 0, free: 6, begun: ["1_0"]))
            offer.features = ["cpu:*", "engine:*", "kernel:*", "system:*"]
            offer.job = "1_1"
            _ = try await database.registerWorker(offer)
            #expect(
                try await database.poolDemand(jobs: ["1_0", "1_1"], limit: 9)
                    == PoolDemand(ready: 1, free: 10, begun: ["1_0", "1_1"]))

            #expect(try await database.drain(jobs: ["1_0", "7_7"]) == ["1_0"])
            let claim = try await farm.claim()
            #expect(try await database.poolDemand(jobs: [], limit: 9) == PoolDemand(ready: 0, free: 5, begun: []))
            // The loss of a worker makes its build ready again; who has gone had begun.
            try await database.retire(worker: farm.worker)
            try await database.retire(worker: pooled)
            #expect(
                try await database.poolDemand(jobs: ["1_0"], limit: 9) == PoolDemand(ready: 1, free: 4, begun: ["1_0"]))
            #expect(try await database.run(claim.run)?.outcome == .infrastructure)
        }
    }

    @Test func `how long a pool has been in trouble is counted from when it was not`() async throws {
        try await FarmFixture.run { farm in
            var record = PoolRecord(
                name: "slurm", waiting: 1, running: 2, capacity: 4, most: 8, problem: nil, looked: .init(seconds: 0))
            func stored() async throws -> PoolRecord? {
                try await farm.database.store(record)
                return try await farm.database.poolRecords().first
            }
            let calm = try await stored()
            #expect(calm?.problemSince == nil && calm?.waiting == 1 && calm?.running == 2)
            record.problem = "sbatch refused"
            let first = try await stored()
            #expect(first?.problemSince != nil)
            record.problem = "sbatch still refuses"
            let later = try await stored()
            #expect(later?.problemSince == first?.problemSince && later?.problem == record.problem)
            record.problem = nil
            #expect(try await stored()?.problemSince == nil)
            // Whoever asks why a build waits is told too.
            try await farm.evaluate(["source", "one"])
            try await farm.fetchSource()
            let build = try #require(try await farm.database.builds().first?.id)
            let explanation = try #require(try await farm.database.explanation(ofBuild: build))
            #expect(
                explanation.sentences.contains(
                    "Pool slurm: of at most 8 jobs with 4 guests each, 2 run and 1 wait for a node."))
            try await farm.database.forgetPools()
            #expect(try await farm.database.poolRecords().isEmpty)
        }
    }

    @Test func `trouble of a pool that lasts is told to the operator`() async throws {
        try await FarmFixture.run { farm in
            let present = Instant(seconds: Int64(Date().timeIntervalSince1970))
            let watch = { now in
                WatchRound(
                    database: farm.database, operatorTarget: AlertTarget(.email(address: "me@example.org")),
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { now }
                ) { nil }
            }
            try await farm.database.store(
                PoolRecord(
                    name: "slurm", waiting: 0, running: 0, capacity: 1, most: 1, problem: "sbatch refused: 'no'",
                    looked: present))
            try await watch(present)()
            #expect(try await farm.database.alertRecords().isEmpty)
            try await watch(present + 300)()
            #expect(try await farm.database.alertRecords().map(\.kind) == ["farm-trouble"])
            try await watch(present + 400)()
            #expect(try await farm.database.alertRecords().count == 1)
        }
    }
}
