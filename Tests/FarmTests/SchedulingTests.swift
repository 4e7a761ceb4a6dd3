// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Jobsets
import Postgres
import Testing
import TimeTravel

/// Who is given what: shares, features, bumps; and what a person may do to a build.
@Suite struct SchedulingTests {
    /// Puts ready builds of one more jobset into the farm, straight into the tables.
    private func fill(
        _ farm: FarmFixture, jobset: String, shares: Int, priority: Int = 0, count: Int, cpu: String = "x86-64-v1"
    ) async throws -> Int {
        let rows = try await farm.database.pool.query(
            """
            insert into jobset (name, channel_id, description, fingerprint, shares, priority)
            select $1, channel_id, description, fingerprint, $2, $3 from jobset where name = 'sample' returning id
            """, [jobset, shares, priority])
        let id: Int = try #require(rows.first).decode("id")
        _ = try await farm.database.pool.query(
            "insert into conditions (date, cpu, kernel, cores) values ('2100-01-01', $1, '6.1.0', 1) on conflict do nothing",
            [cpu])
        _ = try await farm.database.pool.query(
            """
            with fresh as (
              insert into derivation (hash, name, system, is_fixed, inputs, outputs, output_paths)
              select decode(lpad(to_hex($1 * 100000 + n), 40, '0'), 'hex'), format('%s-%s', $2::text, n), 'x86_64-linux',
                     false, '{}', '{out}', '{x}'
              from generate_series(1, $3) n returning id)
            insert into build (derivation_id, conditions_id, jobset_id, state, pending, priority)
            select f.id, k.id, $1, 'ready', 0, $4 * 1000000
            from fresh f, conditions k where k.cpu = $5 and k.kernel = '6.1.0'
            """, [id, jobset, count, priority, cpu])
        return id
    }

    @Test func `guests are shared between jobsets by their shares`() async throws {
        try await FarmFixture.run { farm in
            let large = try await fill(farm, jobset: "large", shares: 300, count: 200)
            let small = try await fill(farm, jobset: "small", shares: 100, count: 200)
            var given: [Int: Int] = [:]
            for _ in 0..<40 {
                for claim in try await farm.database.claim(worker: farm.worker, count: 1) {
                    given[claim.jobset ?? 0, default: 0] += 1
                }
            }
            #expect(given == [large: 30, small: 10])
        }
    }

    @Test func `a batch is shared too, and what one jobset leaves goes to the other`() async throws {
        try await FarmFixture.run { farm in
            let large = try await fill(farm, jobset: "large", shares: 300, count: 200)
            let small = try await fill(farm, jobset: "small", shares: 100, count: 20)
            let batch = try await farm.database.claim(worker: farm.worker, count: 64)
            let counts = Dictionary(grouping: batch, by: \.jobset).mapValues(\.count)
            #expect(counts[large] == 48 && counts[small] == 16)
            let rest = try await farm.database.claim(worker: farm.worker, count: 500)
            #expect(rest.count == 220 - 64)
            #expect(Set((batch + rest).map(\.build)).count == 220)
        }
    }

    @Test func `of a jobset's guests neither investigations nor screening take more than half while the other waits`()
        async throws
    {
        try await FarmFixture.run { farm in
            _ = try await fill(farm, jobset: "busy", shares: 100, count: 100)
            _ = try await farm.database.pool.query(
                "insert into investigation (derivation_id) select min(derivation_id) from build")
            // Those that an investigation asked for have the longer chains.
            _ = try await farm.database.pool.query(
                """
                update build set investigation_id = 1, priority = priority + 500,
                                 lane_id = lane_of(jobset_id, derivation_id, conditions_id, true) where id % 2 = 0
                """)
            var claims: [ClaimedBuild] = []
            for _ in 0..<20 { claims += try await farm.database.claim(worker: farm.worker, count: 1) }
            #expect(claims.count(where: \.isInvestigation) == 10)
            claims += try await farm.database.claim(worker: farm.worker, count: 32)
            #expect(claims.count(where: \.isInvestigation) == 26)
            // What one leaves goes to the other.
            claims += try await farm.database.claim(worker: farm.worker, count: 100)
            #expect(claims.count == 100 && claims.count(where: \.isInvestigation) == 50)
        }
    }

    @Test func `a jobset of a higher priority goes before any share`() async throws {
        try await FarmFixture.run { farm in
            _ = try await fill(farm, jobset: "plain", shares: 1_000, count: 5)
            let urgent = try await fill(farm, jobset: "urgent", shares: 1, priority: 1, count: 5)
            let first = try await farm.database.claim(worker: farm.worker, count: 5)
            #expect(first.map(\.jobset) == Array(repeating: urgent, count: 5))
        }
    }

    @Test func `a worker is given only what it can make, and why says what is missing`() async throws {
        try await FarmFixture.run { farm in
            _ = try await fill(farm, jobset: "new", shares: 100, count: 1, cpu: "Haswell")
            _ = try await farm.database.setState(.paused, worker: farm.worker)
            let old = try await farm.database.registerWorker(
                WorkerOffer(
                    name: "old", host: "there", capacity: 4,
                    features: ["cpu:x86-64-v1", "engine:*", "kernel:*", "system:*"]))
            #expect(try await farm.database.claim(worker: old, count: 9).isEmpty)
            #expect(try await farm.database.claim(worker: farm.worker, count: 9).isEmpty)
            let build = try #require(try await farm.database.builds().first)
            let why = try #require(try await farm.database.explanation(ofBuild: build.id))
            #expect(why.ableWorkers == 0 && why.missing.isEmpty)
            #expect(try await farm.database.setState(.active, worker: farm.worker))
            #expect(try await farm.database.claim(worker: farm.worker, count: 9, freeMemory: 100).isEmpty)
            let claim = try #require(try await farm.database.claim(worker: farm.worker, count: 9).first)
            let held = try #require(try await farm.database.explanation(ofBuild: claim.build))
            #expect(held.lease?.worker == "test" && held.lease?.run == claim.run)

            try await farm.database.retire(worker: farm.worker)
            let alone = try #require(try await farm.database.explanation(ofBuild: build.id))
            #expect(alone.missing == ["cpu:Haswell"])
            #expect(alone.sentences.first?.contains("cpu:Haswell") == true)
        }
    }

    @Test func `why names the inputs that a build waits for`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            let program = try #require(try await farm.database.builds(derivation: "program").first)
            let blocked = try #require(try await farm.database.explanation(ofBuild: program.id))
            #expect(blocked.inputs.map(\.name) == ["library"] && blocked.inputs.first?.state == "blocked")
            #expect(blocked.sentences.first?.contains("library (build") == true)
            let library = try #require(try await farm.database.builds(derivation: "library").first)
            #expect(try await farm.database.explanation(ofBuild: library.id)?.inputs.first?.state == "wanted")
            #expect(try await farm.database.explanation(ofBuild: 99) == nil)

            try await farm.fetchSource()
            let ready = try #require(try await farm.database.explanation(ofBuild: library.id))
            #expect(ready.quota?.jobset == "sample" && ready.quota?.ahead == 0 && ready.ableWorkers == 1)
        }
    }

    @Test func `a cancelled build takes its dependents with it, and a restart brings them back in order`() async throws
    {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            let claim = try await farm.claim()
            #expect(try await farm.database.cancel(build: claim.build, why: "not now"))
            #expect(try await !farm.database.cancel(build: claim.build, why: "again"))
            #expect(try await farm.states("library") == ["cancelled"])
            #expect(try await farm.states("program") == ["dependency-failed"])
            let reply = try await farm.database.heartbeat(worker: farm.worker, holding: [claim.run])
            #expect(reply.revoked == [claim.run])
            #expect(try await !farm.finish(claim, .succeeded))

            #expect(try await farm.database.restart(build: claim.build, dependents: true) > 0)
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.states("program") == ["blocked"])
            try await farm.finish(try await farm.claim(), .succeeded)
            try await farm.finish(try await farm.claim(), .succeeded)
            #expect(try await farm.database.verdictRecords().map(\.verdict) == [.sound, .sound])
            #expect(try await farm.database.restart(build: claim.build, dependents: false) == 1)
            #expect(try await farm.states("library") == ["ready"])
        }
    }

    @Test func `a bump moves a build and what it waits for before everything`() async throws {
        try await FarmFixture.run { farm in
            _ = try await fill(farm, jobset: "urgent", shares: 100, priority: 5, count: 5)
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            let program = try #require(try await farm.database.builds(derivation: "program").first)
            #expect(try await farm.database.bump(build: program.id) == 2)
            #expect(try await farm.claim().derivationPath.hasSuffix("-library.drv"))
        }
    }

    @Test func `a claim that never reached its worker returns to the queue, one that did is left alone`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            let lost = try await farm.claim()
            let patient = try await farm.database.heartbeat(worker: farm.worker, holding: [], grace: .seconds(60))
            #expect(patient.wasKnown && patient.revoked.isEmpty)
            #expect(try await farm.states("library") == ["leased"])
            _ = try await farm.database.heartbeat(worker: farm.worker, holding: [lost.run], grace: .zero)
            #expect(try await farm.states("library") == ["leased"])
            _ = try await farm.database.heartbeat(worker: farm.worker, holding: [], grace: .zero)
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.database.run(lost.run)?.reason == "the worker never heard of its claim")
        }
    }

    @Test func `a clock that was put back holds up nothing`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await farm.finish(try await farm.claim(), .infrastructure)
            _ = try await farm.database.pool.query(
                "update build set retry_at = retry_at + interval '1 hour' where retry_at is not null")
            #expect(try await farm.database.claim(worker: farm.worker, count: 1).isEmpty)
            _ = try await farm.database.requeueLost(silence: .seconds(30))
            _ = try await farm.claim()
            // Its worker dies, having said so an hour ahead.
            _ = try await farm.database.pool.query("update worker set heartbeat = heartbeat + interval '1 hour'")
            #expect(try await farm.database.requeueLost(silence: .seconds(30)) == 0)
            _ = try await farm.database.pool.query("update worker set heartbeat = heartbeat - interval '31 seconds'")
            #expect(try await farm.database.requeueLost(silence: .seconds(30)) == 1)
        }
    }

    @Test func `the queue says what runs, what comes next and what waits, each with its newest job`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program", "suite"])
            try await farm.fetchSource()
            try await farm.evaluate(["source", "library", "program", "suite"], commit: 2)
            #expect(try await farm.database.queuedJobBuilds(limit: 10).map(\.job) == ["library", "suite", "program"])
            let claim = try await farm.claim()
            let queue = try await farm.database.queuedJobBuilds(limit: 10)
            #expect(queue.map(\.state) == ["leased", "blocked", "blocked"])
            #expect(queue.map(\.evaluation) == [2, 2, 2])
            try await farm.finish(claim, .infrastructure)
            // It waits for its next try.
            #expect(try await farm.database.queuedJobBuilds(limit: 10).map(\.state) == ["ready", "blocked", "blocked"])
            #expect(try await farm.database.queuedJobBuilds(limit: 1).map(\.job) == ["library"])
        }
    }

    @Test func `nothing refers to what is not there`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await farm.finish(try await farm.claim(), .failed)
            #expect(try await farm.database.pool.query("select * from dangling_references()").isEmpty)
            _ = try await farm.database.pool.query("delete from derivation where name = 'program'")
            #expect(try await !farm.database.pool.query("select * from dangling_references()").isEmpty)
        }
    }
}
