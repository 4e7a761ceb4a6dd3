// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Jobsets
import Logging
import Postgres
import Testing
import TimeTravel
import Transfer

/// A receiver that takes, refuses, stalls and comes back, over real connections.
@Suite(.enabled(if: AlertReceiver.isPossible, "python3-aiosmtpd and openssl are needed for the servers"), .serialized)
struct AlertDeliveryTests {
    private static let now = CivilDate(year: 2026, month: 11, day: 21)?.start ?? .epoch
    private static let limits = TransferLimits(stalled: .seconds(2), total: .seconds(20), bodySize: 1 << 20)

    private func delivery(
        _ receiver: AlertReceiver, password: String = "secret", environment: [String: String] = ["HOOK": "key"]
    ) throws -> AlertDelivery {
        AlertDelivery(
            settings: try receiver.settings(password: password), environment: environment, limits: Self.limits,
            now: { Self.now })
    }

    private func round(_ farm: FarmFixture, _ delivery: AlertDelivery) async throws {
        let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        try await OutboxRound(database: farm.database, logger: quiet) { try await delivery($0) }()
    }

    /// As if the pause after a failure were over, and the night had come.
    private func letTimePass(_ farm: FarmFixture) async throws {
        _ = try await farm.database.pool.query(
            "update outbox set retry_at = clock_timestamp() - interval '1 second' where state = 'pending'")
    }

    /// Queues a farm's trouble for a target, which needs no trap.
    private func queue(_ farm: FarmFixture, _ count: Int, to target: AlertTarget) async throws {
        for index in 0..<count {
            try await farm.database.queueTrouble(
                .disk(path: "/data", freeBytes: 1 << 20), day: CivilDate(daysSinceEpoch: 20_000 + index), to: target)
        }
    }

    private func hook(_ receiver: AlertReceiver) -> AlertTarget {
        .webhook(url: receiver.hook, secret: .environment(variable: "HOOK"))
    }

    @Test func `mail arrives over TLS with its key, plain to read`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                try await queue(farm, 1, to: AlertTarget(.email(address: "me@example.org"), grouping: .each))
                try await round(farm, try delivery(receiver))
                let taken = try #require(try await receiver.taken().first)
                #expect(taken.header["tls"] == "yes")
                #expect(taken.header["envelope"] == "farm@example.org me@example.org")
                #expect(taken.header["subject"]?.hasPrefix("[almanac] The farm is in trouble: only 1 MiB") == true)
                #expect(taken.header["date"] == "Sat, 21 Nov 2026 00:00:00 +0000")
                #expect(taken.body.contains("only 1 MiB are free below /data"))
                let record = try #require(try await farm.database.alertRecords().first)
                #expect(record.state == "delivered" && record.attempts == 1 && record.lastError == nil)
                let id = try #require(taken.header["message-id"])
                #expect(id.hasSuffix("@example.org>") && id.count == 1 + 64 + 13)
            }
        }
    }

    @Test func `what a receiver refuses is kept until it takes it, nothing lost and nothing twice`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                try await queue(farm, 3, to: hook(receiver))
                try await queue(farm, 2, to: AlertTarget(.email(address: "me@example.org"), grouping: .each))
                let delivery = try delivery(receiver)
                for temper in [AlertReceiver.Temper.refusing, .silent, .refusing] {
                    try await receiver.become(temper)
                    try await letTimePass(farm)
                    try await round(farm, delivery)
                    #expect(try await receiver.taken().isEmpty)
                }
                let errors = try await farm.database.alertRecords(state: "pending").compactMap(\.lastError)
                #expect(errors.contains { $0.contains("503") } && errors.contains { $0.contains("451") }, "\(errors)")
                try await receiver.become(.accepting)
                try await letTimePass(farm)
                try await round(farm, delivery)
                let taken = try await receiver.taken()
                #expect(taken.count == 5)
                #expect(Set(taken.map { $0.header["idempotency-key"] ?? $0.header["message-id"] ?? "" }).count == 5)
                #expect(try await farm.database.alertRecords(state: "delivered").count == 5)
                try await letTimePass(farm)
                try await round(farm, delivery)
                #expect(try await receiver.taken().count == 5)
            }
        }
    }

    @Test func `what was taken without a word comes again under the same key`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                try await queue(farm, 1, to: hook(receiver))
                try await queue(farm, 1, to: AlertTarget(.email(address: "me@example.org"), grouping: .each))
                try await receiver.become(.forgetful)
                let delivery = try delivery(receiver)
                try await round(farm, delivery)
                try await receiver.become(.accepting)
                try await letTimePass(farm)
                try await round(farm, delivery)
                let taken = try await receiver.taken()
                #expect(taken.count == 4)
                #expect(Set(taken.map { $0.header["idempotency-key"] ?? $0.header["message-id"] ?? "" }).count == 2)
                #expect(try await farm.database.alertRecords(state: "delivered").count == 2)
            }
        }
    }

    @Test func `after twelve refusals an alert is dead, seen, and can be tried again`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                try await queue(farm, 1, to: hook(receiver))
                try await receiver.become(.refusing)
                let delivery = try delivery(receiver)
                for _ in 0..<FarmDatabase.deliveryLimit {
                    try await letTimePass(farm)
                    try await round(farm, delivery)
                }
                let dead = try #require(try await farm.database.alertRecords(state: "dead").first)
                #expect(dead.attempts == FarmDatabase.deliveryLimit && dead.target == receiver.hook)
                #expect(dead.lastError == "\(receiver.hook) answered 503")
                try await receiver.become(.accepting)
                try await round(farm, delivery)
                #expect(try await receiver.taken().isEmpty)
                #expect(try await farm.database.retryAlerts(id: dead.id) == 1)
                try await round(farm, delivery)
                #expect(try await receiver.taken().count == 1)
            }
        }
    }

    @Test func `a night's alerts are one message, and the same one when it is tried again`() async throws {
        try await AlertReceiver.run { receiver throws in
            try await FarmFixture.run { farm throws in
                try await queue(farm, 3, to: .email(address: "me@example.org"))
                let delivery = try delivery(receiver)
                try await round(farm, delivery)
                #expect(try await receiver.taken().isEmpty)
                try await receiver.become(.forgetful)
                try await letTimePass(farm)
                try await round(farm, delivery)
                // What comes after the first try belongs to the next night.
                try await farm.database.queueTrouble(
                    .noWorker, day: Self.now.date, to: .email(address: "me@example.org"))
                try await receiver.become(.accepting)
                try await letTimePass(farm)
                try await round(farm, delivery)
                let taken = try await receiver.taken()
                let digests = taken.filter { $0.header["subject"] == "[almanac] 3 alerts" }
                #expect(digests.count == 2 && Set(digests.compactMap { $0.header["message-id"] }).count == 1)
                #expect(digests.allSatisfy { $0.body.components(separatedBy: "only 1 MiB").count == 7 })
                #expect(taken.count == 3)
                #expect(try await farm.database.alertRecords(state: "delivered").count == 4)
            }
        }
    }

    @Test func `every form of webhook gets what it understands`() async throws {
        try await AlertReceiver.run { receiver throws in
            let content = AlertContent(.farmTrouble, text: "<!channel> @all \u{1b}[31m")
            let delivery = try delivery(receiver)
            for form in WebhookForm.allCases {
                try await delivery.send(
                    content, key: "k-\(form)",
                    to: .webhook(url: receiver.hook, secret: .environment(variable: "HOOK"), form: form))
            }
            let taken = try await receiver.taken()
            #expect(
                taken.map { $0.header["request"] } == [
                    "POST /hook", "PUT /hook/k-matrix", "POST /hook/key", "POST /hook/key", "POST /",
                ])
            #expect(taken.dropFirst().allSatisfy { !$0.body.contains("\\u001b") })
            #expect(taken[0].header["x-almanac-signature-256"]?.count == 71)
            #expect(
                taken[1].header["authorization"] == "Bearer key" && taken[1].body.contains("\"msgtype\":\"m.text\""))
            #expect(taken[2].body.contains("@\u{200b}all"))
            #expect(taken[3].body.contains("&lt;!channel&gt;"))
            #expect(taken[4].body.contains("\"topic\":\"hook\""))
        }
    }

    @Test func `a wrong password, no server and no secret are errors that say so`() async throws {
        try await AlertReceiver.run { receiver throws in
            let place = AlertPlace.email(address: "me@example.org")
            let wrong = await #expect(throws: TransferError.self) {
                try await delivery(receiver, password: "wrong").send(.test(for: place), key: "k", to: place)
            }
            #expect(wrong?.isTransient == false, "\(String(describing: wrong))")
            let none = AlertDelivery(settings: AlertSettings(), environment: [:], now: { Self.now })
            let error = await #expect(throws: AlertError.self) {
                try await none.send(.test(for: place), key: "k", to: place)
            }
            #expect(error?.description.contains("mail-server") == true)
            let hook = hook(receiver).place
            let missing = await #expect(throws: AlertError.self) {
                try await none.send(.test(for: hook), key: "k", to: hook)
            }
            #expect(missing?.description.contains("$HOOK") == true)
            #expect(try await receiver.taken().isEmpty)
        }
    }
}

@Suite struct KeyedHashTests {
    /// RFC 4231, test cases 2 and 6 (a key longer than a block).
    @Test func `signatures are those of the standard's examples`() {
        #expect(
            KeyedHash.sha256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            KeyedHash.sha256(
                key: [UInt8](repeating: 0xAA, count: 131),
                message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}
