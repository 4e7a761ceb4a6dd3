// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Logging
import Postgres
import PostgresFixture
import SchemaMigrations
import ServiceLifecycle
import Testing
import TimeTravel
import WebAPI

/// A server with a database of its own, asked in one of the two ways.
struct Site: Sendable {
    let client: any WebClient
    let pool: PostgresPool
    /// Where the logs of runs are.
    let logs: LogFolder
    let port: Int?

    var database: FarmDatabase { FarmDatabase(pool: pool) }

    /// What the server takes for the present.
    static let now: Instant = CivilDate(year: 2026, month: 11, day: 21)?.start ?? .epoch

    /// Runs a test against a server over a database in which nothing is, or what `filling` put there.
    nonisolated(nonsending) static func run(
        over transport: Transport = .inProcess, filling: FarmFilling = .demonstration,
        access: AccessPolicy = AccessPolicy(), cache: AnswerCache? = nil, headerTimeout: Duration = .seconds(60),
        _ body: nonisolated(nonsending) (Site) async throws -> Void
    ) async throws {
        try await withFreshDatabase(migrations: schemaMigrations) { pool in
            let logs = try LogFolder()
            defer { logs.remove() }
            try await filling.fill(pool)
            let services = WebServices(
                database: FarmDatabase(pool: pool), access: access, cache: cache, logs: { logs.path(ofRun: $0) },
                now: { now })
            switch transport {
            case .inProcess:
                try await body(Site(client: InProcessClient(services), pool: pool, logs: logs, port: nil))
            case .socket:
                try await served(services, headerTimeout: headerTimeout) { port in
                    try await body(Site(client: SocketClient(port: port), pool: pool, logs: logs, port: port))
                }
            }
        }
    }

    /// Runs the real service in a service group, on a free port, while `body` runs.
    private nonisolated(nonsending) static func served(
        _ services: WebServices, headerTimeout: Duration, _ body: nonisolated(nonsending) (Int) async throws -> Void
    ) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let configuration = WebConfiguration(port: 0, headerTimeout: headerTimeout)
        let service = almanacServer(services, configuration: configuration, logger: logger) { address in
            found.yield(address.port)
        }
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            var port: Int?
            for await bound in ports {
                port = bound
                break
            }
            do {
                try await body(try #require(port))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Sends what changes something, with a token.
    func change(
        _ target: String, by method: String = "POST", token: String?, body: String = ""
    ) async throws -> Answer {
        let headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try await client.send(method, target, headers, body: body)
    }

    func token(_ scopes: TokenScope..., expires: Instant? = nil) async throws -> String {
        try await database.createToken(name: "tester", scopes: scopes, expires: expires).token
    }

    func get(_ target: String, _ headers: [String: String] = [:]) async throws -> Answer {
        try await client.send("GET", target, headers)
    }

    /// The JSON of an answer, which has to be 200 and to fit what the OpenAPI document says about the path.
    func json(_ target: String) async throws -> JSON {
        let answer = try await get(target)
        try #require(answer.status == 200, "\(target): \(answer.text)")
        #expect(answer.headers["content-type"] == "application/json")
        let value = try JSON(decoding: answer.body)
        try await Description.of(self).check(value, answers: target)
        return value
    }

    /// The problem that an answer describes.
    func problem(_ target: String, status: Int) async throws -> JSON {
        let answer = try await get(target)
        #expect(answer.status == status, "\(target): \(answer.text)")
        #expect(answer.headers["content-type"] == "application/problem+json")
        let value = try JSON(decoding: answer.body)
        #expect(value["status"]?.integer == Int64(status))
        try await Description.of(self).check(value, is: "#/components/schemas/Problem")
        return value
    }

    /// The text of a page, which has to be 200.
    func page(_ target: String) async throws -> String {
        let answer = try await get(target)
        try #require(answer.status == 200, "\(target): \(answer.text)")
        #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
        return answer.text
    }
}
