// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Guests
import Jobsets
import Postgres
import PostgresFixture
import Testing
import TimeTravel

/// The whole farm on a real Slurm: the server builds nothing itself, its workers are jobs, and guests boot in them.
@Suite struct SlurmEndToEndTests {
    private static var isPossible: Bool {
        LocalSlurm.isInstalled && HostProgram.allCases.allSatisfy(\.isInstalled)
            && LocalSlurm.hasProgram
    }

    private static let dates = ["2100-01-01", "2036-01-01", "2030-01-01"]

    /// What happens to the jobs of the builds that run.
    private enum Disturbance: CaseIterable {
        /// It is told to end, and gives its build back.
        case cancelled
        /// Nothing is heard of it any more.
        case killed
        /// Its node is gone as well, until Slurm has noticed.
        case withoutNode
    }

    private func jobset() throws -> JobsetDescription {
        try JobsetReader.read(
            """
            name: pooled
            engine: nix
            channel: {name: demo, url: "demo:\(LocalSlurm.checkout)/Jobsets/demo", branch: main}
            revisions: [{nearest: 2024-12-31}]
            packages: [tzdata]
            screen: {dates: [\(Self.dates.joined(separator: ", "))]}
            limits: {scratchSize: 2 GiB, buildTime: 20 minutes}
            """, file: "pooled.yaml")
    }

    /// A server with a pool and no guests of its own, in a process of its own; ends with the test.
    private func serve(_ slurm: LocalSlurm, _ data: String) throws -> Watchdog {
        try Watchdog(
            as: nil,
            script: #"""
                export ALMANAC_DATA="$2" SLURM_CONF="$3" ALMANAC_GUEST_INIT="$4" ALMANAC_SLURM_INTERVAL='1 s'
                "$1" serve --guests 0 --port 0 --pool slurm --slurm-guests 1 --slurm-jobs 2 --slurm-idle '3 s' \
                    --slurm-time-limit '30 min' --slurm-options '--nice=1 --comment=test' > "$2/server.log" 2>&1 < /dev/null &
                server=$!
                cat > /dev/null
                kill -TERM $server
                wait $server
                """#,
            [
                LocalSlurm.program, data, "\(slurm.directory)/slurm.conf",
                "\(LocalSlurm.checkout)/.build/guest-init/guest-init",
            ])
    }

    @Test(
        .enabled(if: isPossible, "needs slurm-wlm and munge (ops/setup --tests), and what guests need"),
        .timeLimit(.minutes(20))
    )
    func
        `builds whose job is cancelled or killed, or whose node fails, are made again, once, and jobs leave when nothing is left`()
        async throws
    {
        try await LocalSlurm.run(nodes: 2) { slurm in
            let data = try TemporaryDirectory.make()
            defer { try? FileManager.default.removeItem(atPath: data) }
            try #require(chmod(data, 0o755) == 0)
            var configuration = try FarmConfiguration.load(
                file: nil, environment: ["ALMANAC_DATA": data], processors: 2)
            configuration.guests = 0
            try configuration.dataDirectory.create()
            let access = DatabaseAccess(configuration)
            let server = try await access.open()
            let watchdog = try serve(slurm, data)
            defer { watchdog.end() }
            let pool = PostgresPool(server, limits: PostgresPoolLimits(connections: 2))
            let database = FarmDatabase(pool: pool)
            _ = try await database.store([try jobset()], now: CivilDate(firstOf: 2025).start)
            let lost = try await disturb(slurm, database, server)
            try await check(database, lost: lost, log: "\(data)/server.log")
            await pool.close()
            watchdog.end()
            #expect(try await slurm.jobs().isEmpty)
            #expect(try await access.isRunning == false)
        }
    }

    /// Does to the jobs of builds that run what may be done to them, one after the other, until the farm is settled and its
    /// jobs have left.
    ///
    /// - Returns: the runs that were lost.
    private func disturb(
        _ slurm: LocalSlurm, _ database: FarmDatabase, _ server: PostgresConfiguration
    ) async throws -> [Int64] {
        let wakeUps = WakeUps(listener: PostgresListener(server), interval: .milliseconds(300))
        var lost: [(run: Int64, job: String)] = []
        var ahead = Disturbance.allCases[...]
        var failed: (node: String, job: String)?
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await wakeUps.run() }
            for await _ in wakeUps.stream(.builds, .runs) {
                let open = try await Self.openRuns(database).filter { run in !lost.contains { $0.job == run.job } }
                if let disturbance = ahead.first, let victim = open.first {
                    ahead.removeFirst()
                    switch disturbance {
                    case .cancelled, .killed:
                        let signal = disturbance == .cancelled ? "TERM" : "KILL"
                        try await slurm.run("scancel", "--signal=\(signal)", "--full", victim.job)
                        lost.append(victim)
                    case .withoutNode:
                        let node = try await slurm.node(of: victim.job)
                        lost += try await Self.fail(node, slurm, database).filter { run in
                            !lost.contains { $0.job == run.job }
                        }
                        failed = (node, victim.job)
                    }
                }
                let jobs = try await slurm.jobs()
                if let (node, job) = failed, !jobs.contains(where: { $0.id == job }) {
                    try await slurm.set(node, isUp: true)
                    failed = nil
                }
                let isSettled = try await database.progress().isSettled
                if ahead.isEmpty, failed == nil, isSettled, jobs.isEmpty { break }
            }
            tasks.cancelAll()
            try? await tasks.waitForAll()
        }
        return lost.map(\.run)
    }

    /// Ends a node.
    ///
    /// - Returns: the runs that its jobs were at.
    private static func fail(
        _ node: String, _ slurm: LocalSlurm, _ database: FarmDatabase
    ) async throws -> [(run: Int64, job: String)] {
        try await slurm.set(node, isUp: false)
        // Slurm takes some time to notice.
        let jobs = try await slurm.jobs(on: node)
        return try await openRuns(database).filter { jobs.contains($0.job) }
    }

    private static func openRuns(_ database: FarmDatabase) async throws -> [(run: Int64, job: String)] {
        try await database.pool.query(
            """
            select r.id, w.job from run r join worker w on w.id = r.worker_id
            where r.outcome is null and w.job is not null and w.state <> 'gone' order by r.id
            """
        ).map { (try $0.decode("id"), try $0.decode("job")) }
    }

    private func check(_ database: FarmDatabase, lost: [Int64], log: String) async throws {
        let words = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        #expect(try await ChaosFarm.faults(database) == [], "\(words)")
        #expect(try await database.builds().map(\.state) == Self.dates.map { _ in "succeeded" }, "\(words)")
        #expect(try await database.verdictRecords().map(\.verdict) == [.sound])
        let runs = try await database.pool.query(
            """
            select r.id, r.outcome::text outcome, r.reason, w.job from run r join worker w on w.id = r.worker_id
            order by r.id
            """)
        #expect(try runs.allSatisfy { try $0.decode("job", as: String?.self) != nil })
        let losses = try runs.filter { try $0.decode("outcome", as: String.self) == "infrastructure" }
        #expect(try losses.map { try $0.decode("id", as: Int64.self) } == lost.sorted())
        #expect(try losses.allSatisfy { try $0.decode("reason", as: String.self) == "the worker was lost" })
        #expect(lost.count >= Disturbance.allCases.count && runs.count == Self.dates.count + lost.count)
        #expect(try await database.workerRecords().allSatisfy { $0.state == .gone })
        let record = try #require(try await database.poolRecords().first)
        #expect(record.problem == nil && record.waiting == 0 && record.capacity == 1)
    }
}
