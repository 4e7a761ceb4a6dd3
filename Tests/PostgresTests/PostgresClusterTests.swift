// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import PostgresFixture
import Testing

@testable import Postgres

/// Runs one statement on a connection of its own.
private func ask<Value: PostgresDecodable & Sendable>(
    _ configuration: PostgresConfiguration, _ sql: String
) async throws -> Value {
    let connection = try await PostgresConnection.connect(configuration)
    let value: Value = try await connection.single(sql)
    await connection.close()
    return value
}

private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
}

/// Whether we are root and hence the server runs as another user.
private let isRoot = geteuid() == 0

@Suite struct PostgresClusterTests {
    @Test func `a new cluster serves its database on a unix socket only, durably`() async throws {
        try await withTemporaryCluster(settings: ["shared_buffers": "16MB"]) { cluster, _ throws in
            let configuration = try await cluster.start()
            #expect(try await ask(configuration, "SELECT current_database()::text AS name") == "almanac")
            #expect(try await ask(configuration, "SELECT current_setting('listen_addresses') AS a") == "")
            #expect(try await ask(configuration, "SELECT current_setting('fsync') AS a") == "on")
            #expect(try await ask(configuration, "SELECT current_setting('data_checksums') AS a") == "on")
            #expect(try await ask(configuration, "SELECT current_setting('shared_buffers') AS a") == "16MB")
            #expect(try await ask(configuration, "SELECT current_setting('server_encoding') AS a") == "UTF8")
        }
    }

    @Test func `nobody but the server's user can enter the home of a cluster`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            _ = try await cluster.start()
            let home = try #require(FilePaths.facts(directory))
            #expect(home.permissions == 0o700)
            #expect(isRoot == (home.owner != geteuid()))
        }
    }

    @Test func `a running server is found again, with its data`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            let configuration = try await cluster.start()
            try await PostgresPool(configuration).execute(script: "CREATE TABLE t AS SELECT 42 AS n")
            let process = try #require(try await cluster.process())
            let later = PostgresCluster(PostgresClusterConfiguration(directory: directory, settings: ["fsync": "off"]))
            let found = try await later.start()
            #expect(try await later.process() == process)
            #expect(try await ask(found, "SELECT n FROM t") == 42)
        }
    }

    @Test func `the server leads a session of its own, so that no Ctrl-C reaches it`() async throws {
        try await withTemporaryCluster { cluster, _ throws in
            _ = try await cluster.start()
            let process = try #require(try await cluster.process())
            #expect(getsid(process) != getsid(0))
            #expect(getpgid(process) != getpgid(0))
        }
    }

    @Test func `a server that was killed starts again with its data`() async throws {
        try await withTemporaryCluster { cluster, _ throws in
            let configuration = try await cluster.start()
            try await PostgresPool(configuration).execute(script: "CREATE TABLE t AS SELECT 42 AS n")
            kill(try #require(try await cluster.process()), SIGKILL)
            let again = try await cluster.start()
            #expect(try await ask(again, "SELECT n FROM t") == 42)
        }
    }

    @Test func `a file of a dead server whose number another process bears does not hinder`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            _ = try await cluster.start()
            try await cluster.stop()
            #expect(try await cluster.process() == nil)
            let data = "\(directory)/data"
            try write("\(getpid())\n\(data)\n1\n5432\n\(directory)/socket\n\n\n", to: "\(data)/postmaster.pid")
            #expect(Postmaster.find(data: data) == .stale(process: getpid()))
            #expect(try await ask(try await cluster.start(), "SELECT 1 AS n") == 1)
        }
    }

    @Test func `several starts at once lead to one server`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let other = PostgresCluster(
                            PostgresClusterConfiguration(directory: directory, settings: ["fsync": "off"]))
                        let one: Int = try await ask(try await other.start(), "SELECT 1 AS n")
                        #expect(one == 1)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await cluster.process() != nil)
        }
    }

    @Test func `stopping what does not run is no error`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            try await cluster.stop()
            #expect(!FilePaths.exists(directory))
            _ = try await cluster.start()
            try await cluster.stop()
            try await cluster.stop()
            #expect(try await cluster.process() == nil)
        }
    }

    @Test func `a half-made cluster is made anew`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            try FilePaths.makeDirectories("\(directory)/data.new.1/base")
            let user = try ClusterUser.choose(owner: nil, of: directory)
            #expect(chown("\(directory)/data.new.1", user.id, user.group) == 0)
            #expect(try await ask(try await cluster.start(), "SELECT 1 AS n") == 1)
            #expect(!FilePaths.exists("\(directory)/data.new.1"))
        }
    }

    @Test func `a directory with other things in it is refused and left alone`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            try FilePaths.makeDirectories("\(directory)/photos")
            await #expect(throws: PostgresClusterError.foreignDirectory(directory, entry: "photos")) {
                _ = try await cluster.start()
            }
            #expect(FilePaths.exists("\(directory)/photos"))
        }
    }

    @Test func `a cluster that lacks parts is called damaged`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            _ = try await cluster.start()
            try await cluster.stop()
            #expect(rename("\(directory)/data/global/pg_control", "\(directory)/data/global/away") == 0)
            let error = await #expect(throws: PostgresClusterError.self) { _ = try await cluster.start() }
            #expect(error?.description.contains("pg_control is missing") == true)
            #expect(unlink("\(directory)/data/PG_VERSION") == 0)
            let other = await #expect(throws: PostgresClusterError.self) { _ = try await cluster.start() }
            #expect(other?.description.contains("PG_VERSION") == true)
        }
    }

    @Test func `a cluster of a version that is not installed names it`() async throws {
        try await withTemporaryCluster { cluster, directory throws in
            _ = try await cluster.start()
            try await cluster.stop()
            try write("9\n", to: "\(directory)/data/PG_VERSION")
            let error = await #expect(throws: PostgresClusterError.programsMissing(version: 9)) {
                _ = try await cluster.start()
            }
            #expect(error?.description.contains("postgresql-9") == true)
        }
    }

    @Test func `a server that does not start shows its log`() async throws {
        try await withTemporaryCluster(settings: ["shared_buffers": "plenty"]) { cluster, _ throws in
            let error = await #expect(throws: PostgresClusterError.self) { _ = try await cluster.start() }
            #expect(error?.description.contains("shared_buffers") == true)
        }
    }

    @Test func `a path too long for a socket works`() async throws {
        try await withTemporaryCluster { _, directory throws in
            let long = directory + String(repeating: "/a-rather-long-name-of-a-directory", count: 5)
            let cluster = PostgresCluster(PostgresClusterConfiguration(directory: long, settings: ["fsync": "off"]))
            let configuration = try await cluster.start()
            #expect(try await ask(configuration, "SELECT 1 AS n") == 1)
            let sockets: String = try await ask(configuration, "SELECT current_setting('unix_socket_directories') AS a")
            let socket = sockets.filter { $0 != "\"" }
            #expect(socket.hasPrefix("/tmp/pg-"))
            #expect(FilePaths.facts(socket)?.permissions == 0o700)
            try await cluster.stop()
            #expect(rmdir(socket) == 0)
        }
    }

    // Only root runs the server as someone else, who may be kept out of a directory.
    @Test(.enabled(if: isRoot, "needs root"))
    func `a cluster whose directory the server's user cannot reach goes to the refuge, and is found there`()
        async throws
    {
        try await withTemporaryCluster { cluster, directory throws in
            let parent = directory.dropLast("/cluster".count)
            let closed = "\(parent)/closed"
            #expect(mkdir(closed, 0o700) == 0)
            let hidden = PostgresClusterConfiguration(
                directory: "\(closed)/cluster", settings: ["fsync": "off"], refuge: "\(parent)/refuge")
            let one = PostgresCluster(hidden)
            try await PostgresPool(try await one.start()).execute(script: "CREATE TABLE t AS SELECT 42 AS n")
            #expect(FilePaths.text("\(closed)/cluster/location")?.hasPrefix("\(parent)/refuge/") == true)
            try await one.stop()
            let found = try await PostgresCluster(hidden).start()
            #expect(try await ask(found, "SELECT n FROM t") == 42)
        }
    }

    @Test(.enabled(if: isRoot, "needs root"))
    func `a directory and a refuge that both cannot be reached are named`() async throws {
        try await withTemporaryCluster { _, directory throws in
            let parent = directory.dropLast("/cluster".count)
            #expect(mkdir("\(parent)/closed", 0o700) == 0)
            let cluster = PostgresCluster(
                PostgresClusterConfiguration(directory: "\(parent)/closed/a", refuge: "\(parent)/closed/b"))
            let error = await #expect(throws: PostgresClusterError.self) { _ = try await cluster.start() }
            guard case .unreachable = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
        }
    }

    @Test func `settings are quoted`() {
        let configuration = PostgresClusterConfiguration(
            directory: "/x", settings: ["search_path": "it's", "fsync": "off", "jit": "on"])
        let text = configuration.settingsFile(socketDirectory: "/a, b")
        #expect(text.contains("search_path = 'it''s'\n"))
        #expect(text.contains("jit = 'on'\n"))
        #expect(text.contains("unix_socket_directories = '\"/a, b\"'\n"))
        #expect(text.contains("listen_addresses = ''\n"))
    }

    @Test func `the version is read from the server program's answer`() {
        #expect(ClusterPrograms.majorVersion("postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)\n") == 15)
        #expect(ClusterPrograms.majorVersion("postgres (PostgreSQL) 18beta1\n") == 18)
        #expect(ClusterPrograms.majorVersion("sh: postgres: not found\n") == nil)
    }
}
