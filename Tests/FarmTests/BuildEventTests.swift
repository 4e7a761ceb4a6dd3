// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Logging
import Postgres
import Synchronization
import Testing
import TimeTravel
import Transfer

@testable import Farm

/// What a Guix Data Service is told, over real connections to one that takes, refuses and forgets.
@Suite(.enabled(if: AlertReceiver.isPossible, "python3-aiosmtpd and openssl are needed for the servers"))
struct BuildEventTests {
    private struct Items: Decodable {
        struct Item: Decodable, Equatable {
            var type: String
            var event: String
            var timestamp: Int64
            var derivation: String
            // As the data service has it.
            var build_id: String
        }

        var items: [Item]
    }

    private final class Clock: Sendable {
        private let time = Mutex(FarmFixture.start)
        var now: Instant { time.withLock { $0 } }
        func pass(_ seconds: Int64) { time.withLock { $0 = $0 + seconds } }
    }

    private func round(_ farm: FarmFixture, _ settings: DataServiceSettings, _ clock: Clock) -> BuildEventRound {
        BuildEventRound(
            database: farm.database, settings: settings,
            limits: TransferLimits(stalled: .seconds(2), total: .seconds(20), bodySize: 1 << 20),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { clock.now })
    }

    private func settings(_ receiver: AlertReceiver) throws -> DataServiceSettings {
        try "a token/+".write(toFile: "\(receiver.folder)/token", atomically: true, encoding: .utf8)
        var settings = DataServiceSettings()
        settings.url = "http://127.0.0.1:\(receiver.http)/build-server/3/build-events"
        settings.tokenFile = "\(receiver.folder)/token"
        return settings
    }

    /// What was taken, as "event name", in order.
    private func told(_ receiver: AlertReceiver) async throws -> [String] {
        try await receiver.taken().flatMap { taken in
            try JSONDecoder().decode(Items.self, from: Data(taken.body.utf8)).items.map { item in
                "\(item.event) \(item.derivation.dropFirst("/gnu/store/".count + 33).dropLast(4))"
            }
        }
    }

    @Test func `what becomes of derivations is told in order, with the token`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                let round = round(farm, try settings(receiver), Clock())
                try await round()
                try await farm.evaluate(["source", "library", "program"])
                try await farm.fetchSource()
                try await farm.finish(try await farm.claim(), .infrastructure)
                try await round()
                let taken = try #require(try await receiver.taken().first)
                #expect(taken.header["request"] == "POST /build-server/3/build-events?token=a%20token%2F%2B")
                let item = try #require(
                    try JSONDecoder().decode(Items.self, from: Data(taken.body.utf8)).items.first)
                #expect(item.type == "build" && item.build_id == "1" && item.timestamp > 1_600_000_000)
                #expect(try await told(receiver) == ["scheduled library", "scheduled program", "started library"])

                _ = try await farm.database.pool.query("update build set retry_at = null where state = 'ready'")
                try await farm.finish(try await farm.claim(), .failed)
                // As a probe of an investigation that passes, and one that fails after it.
                _ = try await farm.database.pool.query(
                    "update build set state = 'ready', finished = null where state = 'failed'")
                try await farm.finish(try await farm.claim(), .succeeded)
                _ = try await farm.database.pool.query(
                    "update build set state = 'ready', finished = null where state = 'succeeded'")
                for _ in 1...2 { try await farm.finish(try await farm.claim(), .failed) }
                try await round()
                #expect(
                    try await told(receiver).dropFirst(3) == [
                        "started library", "failed library", "started library", "succeeded library", "started program",
                        "failed program",
                    ])
                try await round()
                #expect(try await told(receiver).count == 9)
            }
        }
    }

    @Test func `what waits for a lost source has failed for its dependency`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                let round = round(farm, try settings(receiver), Clock())
                try await round()
                try await farm.evaluate(["source", "library", "program"])
                let source = try #require(try await farm.database.claimSources(count: 1).first)
                try await farm.database.sourceLost(source.derivation, name: "source", error: "nobody has it")
                try await round()
                let told = try await told(receiver)
                #expect(told.prefix(2) == ["scheduled library", "scheduled program"])
                #expect(told.dropFirst(2).sorted() == ["failed-dependency library", "failed-dependency program"])
            }
        }
    }

    @Test func `a service that refuses or forgets loses nothing, and is asked less and less often`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                let clock = Clock()
                let round = round(farm, try settings(receiver), clock)
                try await round()
                try await farm.evaluate(["source", "library"])
                try await receiver.become(.refusing)
                try await round()
                try await receiver.become(.forgetful)
                // Not asked again yet.
                try await round()
                #expect(try await told(receiver) == [])
                clock.pass(60)
                try await round()
                #expect(try await told(receiver) == ["scheduled library"])
                try await receiver.become(.accepting)
                clock.pass(60)
                try await round()
                #expect(try await told(receiver).count == 1)
                clock.pass(60)
                try await round()
                // The answer was lost: at least once.
                #expect(try await told(receiver) == ["scheduled library", "scheduled library"])
                #expect(try await farm.database.dueBuildEvents() == [])
            }
        }
    }

    @Test func `without a data service nothing is noted, and another one begins anew`() async throws {
        try await FarmFixture.run { farm in
            try await round(farm, DataServiceSettings(), Clock())()
            try await farm.evaluate(["source", "library"])
            #expect(try await farm.database.dueBuildEvents() == [])
            try await farm.database.wantBuildEvents(at: "http://one/build-events")
            try await farm.evaluate(["source", "library", "program"], commit: 2)
            #expect(try await farm.database.dueBuildEvents().map(\.event) == ["scheduled"])
            try await farm.database.wantBuildEvents(at: "http://one/build-events")
            #expect(try await farm.database.dueBuildEvents().count == 1)
            try await farm.database.wantBuildEvents(at: nil)
            #expect(try await farm.database.dueBuildEvents() == [])
        }
    }

    @Test(arguments: [
        ("https://data.example.org/build-server/3/build-events", true), ("https://data.example.org", false),
        ("ftp://data.example.org/build-events", false),
    ])
    func `the address has to be that of build events`(url: String, isRight: Bool) {
        var configuration = FarmConfiguration(data: "/d", databaseURL: nil, guests: 1, jobsets: "J", guestInit: "g")
        let isTaken = (try? configuration.apply(settings: ["data-service": url], from: "test")) != nil
        #expect(isTaken == isRight)
    }
}
