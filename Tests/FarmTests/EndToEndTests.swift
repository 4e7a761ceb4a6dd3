// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Guests
import Jobsets
import Logging
import ServiceLifecycle
import StoreDaemon
import Testing
import TimeTravel

@testable import Farm

/// The whole farm on real packages: revisions of a git repository, sources from the net, real guests.
@Suite struct EndToEndTests {
    private static var isPossible: Bool { HostProgram.allCases.allSatisfy(\.isInstalled) }

    private var checkout: String {
        (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }.path
    }

    private func configuration(data: String) throws -> FarmConfiguration {
        var environment = ["ALMANAC_DATA": data, "ALMANAC_GUEST_INIT": "\(checkout)/.build/guest-init/guest-init"]
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        var configuration = try FarmConfiguration.load(file: nil, environment: environment, processors: 2)
        configuration.guests = 2
        try configuration.dataDirectory.create()
        return configuration
    }

    private func jobset() throws -> JobsetDescription {
        let text = """
            name: two-traps
            engine: nix
            channel: {name: demo, url: "demo:\(checkout)/Jobsets/demo", branch: main}
            revisions: [{nearest: 2024-12-31}]
            packages: [pymongo, cpython-ssl]
            limits: {scratchSize: 2 GiB, buildTime: 20 minutes}
            """
        return try JobsetReader.read(text, file: "two-traps.yaml")
    }

    @Test(
        .enabled(if: isPossible, "needs QEMU, Nix and the other programs of ops/packages.txt"), .timeLimit(.minutes(40))
    )
    func `two real packages are found to be trapped, each at its known day`() async throws {
        let data = NSTemporaryDirectory() + "almanac-" + UUID().uuidString.prefix(8)
        defer { try? FileManager.default.removeItem(atPath: data) }
        let logger = Logger(label: "end-to-end")
        let server = try await FarmServer.open(try configuration(data: data), logger: logger)
        _ = try await server.database.store([try jobset()], now: CivilDate(firstOf: 2025).start)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: server.services.map { .init(service: $0) }, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await settle(server)
            let traps = try await server.database.traps()
            try await collect(server, store: try FarmHost.store(configuration(data: data)))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            check(traps)
        }
        let verdicts = try await server.database.verdictRecords()
        #expect(verdicts.first { $0.package.hasPrefix("python") }?.verdict == .sound)
        await server.close()
    }

    /// Waits for the farm to be done, woken by its own notifications.
    private func settle(_ server: FarmServer) async throws {
        for await _ in server.wakeUps.stream(.runs, .investigations, .evaluations) {
            if try await server.database.progress().isSettled { return }
        }
    }

    /// What somebody does by hand to the store, before any sweep, takes nothing that stays.
    private func collect(_ server: FarmServer, store: HostStore) async throws {
        let kept = try await server.database.storeRoots()
        #expect(kept.contains { $0.hasSuffix(".drv") } && kept.contains { !$0.hasSuffix(".drv") })
        let other = try await store.withConnection { try await $0.addText(Array("other".utf8), name: "other") }
        let (deleted, valid) = try await store.withConnection { connection in
            (try await connection.collectGarbage().deleted, try await connection.allValidPaths())
        }
        #expect(deleted.contains(other))
        #expect(kept.subtracting(valid.map(\.baseName)).isEmpty)
    }

    private func check(_ traps: [TrapRecord]) {
        #expect(traps.count == 2)
        let overflow = traps.first { $0.package == "pymongo" }
        #expect(overflow?.axis == .date && overflow?.cause == .y2038)
        #expect(overflow?.windows.count == 1 && overflow?.windows.first?.notBefore == nil)
        let end = overflow?.windows.first?.notAfter
        #expect(end.map { $0.lastGood.seconds < 1 << 31 && $0.firstBad.seconds >= 1 << 31 } ?? false)
        #expect(end?.firstBad.date == CivilDate("2038-01-19") || end?.lastGood.date == CivilDate("2038-01-19"))

        let certificate = traps.first { $0.package.contains("ssl") }
        #expect(certificate?.axis == .date)
        let window = certificate?.windows.first
        #expect(window?.notBefore.map { contains($0.lastBad, "2018-08-29T14:23:16Z", $0.firstGood) } ?? false)
        #expect(window?.notAfter.map { contains($0.lastGood, "2037-10-28T14:23:16Z", $0.firstBad) } ?? false)
    }

    /// Whether an edge lies between two observations that are at most a day apart from it.
    private func contains(_ before: Instant, _ edge: String, _ after: Instant) -> Bool {
        guard let edge = Instant(edge) else { return false }
        return before < edge && after >= edge && (before.date == edge.date || after.date == edge.date)
    }
}
