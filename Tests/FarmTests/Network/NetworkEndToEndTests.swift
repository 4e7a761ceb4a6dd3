// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Guests
import Jobsets
import Logging
import Postgres
import PostgresFixture
import ServiceLifecycle
import Testing
import TimeTravel

/// Two worker hosts, one of which the network loses and finds again.
@Suite struct NetworkEndToEndTests {
    private static var hasPrograms: Bool { LocalSlurm.hasProgram && HostProgram.allCases.allSatisfy(\.isInstalled) }

    private func jobset(_ name: String, dates: [String]) throws -> JobsetDescription {
        try JobsetReader.read(
            """
            name: \(name)
            engine: nix
            channel: {name: demo, url: "demo:\(LocalSlurm.checkout)/Jobsets/demo", branch: main}
            revisions: [{nearest: 2024-12-31}]
            packages: [tzdata]
            screen: {dates: [\(dates.joined(separator: ", "))]}
            limits: {scratchSize: 2 GiB, buildTime: 20 minutes}
            """, file: "\(name).yaml")
    }

    @Test(
        .enabled("needs root, network namespaces, and what guests need") {
            if !hasPrograms { return false }
            return await IsolatedHosts.arePossible()
        }, .timeLimit(.minutes(20))
    )
    func `a worker host that is cut off in the middle of a build and comes back neither loses nor doubles anything`()
        async throws
    {
        let data = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(atPath: data) }
        var configuration = try FarmConfiguration.load(
            file: nil,
            environment: [
                "ALMANAC_DATA": data, "ALMANAC_GUEST_INIT": "\(LocalSlurm.checkout)/.build/guest-init/guest-init",
            ], processors: 1)
        configuration.guests = 0
        try configuration.dataDirectory.create()
        let hosts = try await IsolatedHosts(
            program: LocalSlurm.program, data: data, guestInit: configuration.guestInit)
        defer { hosts.end() }
        configuration.databaseURL = hosts.database
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = try await FarmServer.open(configuration, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: server.services.map { .init(service: $0) }, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await disturb(server, hosts)
            #expect(try await ChaosFarm.faults(server.database) == [])
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        await server.close()
    }

    private func disturb(_ server: FarmServer, _ hosts: IsolatedHosts) async throws {
        let database = server.database
        let dates = ["2100-01-01", "2036-01-01", "2030-01-01"]
        _ = try await database.store([try jobset("first", dates: dates)], now: CivilDate(firstOf: 2025).start)
        try await hosts.begin()
        var lost: Int64?
        try await until(server) {
            lost = try await Self.runs(database, of: "one").last { $0.outcome == nil }?.id
            return lost != nil
        }
        // For longer than a worker may be silent: the other one does it all.
        try await hosts.set("one", isConnected: false)
        try await until(server) { try await database.progress().isSettled }
        let taken = try await Self.runs(database, of: "one")
        #expect(taken.last?.id == lost && taken.last?.outcome == "infrastructure")
        #expect(taken.dropLast().allSatisfy { $0.outcome == "succeeded" })
        let others = try await Self.runs(database, of: "two")
        #expect(others.allSatisfy { $0.outcome == "succeeded" })
        #expect(taken.count + others.count == dates.count + 1)
        #expect(try await database.builds().allSatisfy { $0.state == "succeeded" })

        // It comes back, is counted in again, and builds: the other one is held back meanwhile.
        try await hosts.set("one", isConnected: true)
        let two = try #require(try await database.workerRecords().first { $0.name.hasSuffix(":two") })
        #expect(try await database.setState(.paused, worker: two.id))
        _ = try await database.store([try jobset("second", dates: ["2040-01-01"])], now: CivilDate(firstOf: 2025).start)
        try await until(server) {
            let records = try await database.builds()
            return records.count == dates.count + 1 && records.allSatisfy { $0.state == "succeeded" }
        }
        let after = try await Self.runs(database, of: "one")
        #expect(after.count == taken.count + 1 && after.last?.outcome == "succeeded")
        // What it had to say of the lost run changed nothing.
        #expect(after.first { $0.id == lost }?.outcome == "infrastructure")
        #expect(try await database.workerRecords().filter { $0.state == .active }.map(\.name).count == 1)
    }

    private func until(_ server: FarmServer, _ isReached: () async throws -> Bool) async throws {
        for await _ in server.wakeUps.stream(.builds, .runs) where try await isReached() { return }
    }

    private static func runs(
        _ database: FarmDatabase, of worker: String
    ) async throws -> [(id: Int64, outcome: String?)] {
        try await database.pool.query(
            """
            select r.id, r.outcome::text outcome from run r join worker w on w.id = r.worker_id
            where w.name like '%:' || $1::text order by r.id
            """, [worker]
        ).map { (try $0.decode("id"), try $0.decode("outcome")) }
    }
}
