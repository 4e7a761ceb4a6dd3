// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Glibc
import Logging
import Postgres
import PostgresFixture
import Testing

@Suite struct DatabaseKeeperTests {
    @Test(.timeLimit(.minutes(10)))
    func `an embedded database that is killed is started again`() async throws {
        try await withTemporaryCluster { _, directory in
            let configuration = try FarmConfiguration.load(
                file: nil, environment: ["ALMANAC_DATA": directory], processors: 1)
            try configuration.dataDirectory.create()
            let access = DatabaseAccess(configuration)
            #expect(try await access.restart() == true)
            #expect(try await access.restart() == false)
            let server = try await access.open()
            let pool = PostgresPool(server, limits: PostgresPoolLimits(connections: 1, wait: .seconds(300)))
            let keeper = DatabaseKeeper(
                access, interval: .milliseconds(50),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            let cluster = PostgresCluster(PostgresClusterConfiguration(directory: configuration.dataDirectory.postgres))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await keeper.run() }
                for _ in 0..<2 {
                    let process = try #require(try await cluster.process())
                    #expect(kill(process, SIGKILL) == 0)
                    // The pool waits until there is a server; one that is dying may still have taken a connection.
                    while try await cluster.process() ?? process == process { _ = try? await pool.query("select 1") }
                    #expect(try await pool.query("select 1").count == 1)
                }
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
            await pool.close()
            try await access.close()
            #expect(try await access.isRunning == false)
        }
    }
}
