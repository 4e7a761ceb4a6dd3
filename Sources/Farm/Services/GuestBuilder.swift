// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
package import Guests
import Jobsets
import Postgres
package import StoreDaemon
import TimeTravel

/// Makes a claimed build in a guest, and reads what its log says.
package struct GuestBuilder: Sendable {
    private let database: FarmDatabase
    private let store: HostStore
    private let host: GuestHost
    private let data: DataDirectory
    private let memory: Int

    /// - Parameter memory: of a guest, MiB; a jobset may ask for more.
    package init(database: FarmDatabase, store: HostStore, host: GuestHost, data: DataDirectory, memory: Int) {
        self.database = database
        self.store = store
        self.host = host
        self.data = data
        self.memory = memory
    }

    package func callAsFunction(_ claim: ClaimedBuild) async throws -> RunReport {
        let log = data.log(ofRun: claim.run)
        try FileManager.default.createDirectory(
            atPath: (log as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let derivation = try StorePath(store.logicalDirectory, baseName: claim.derivationPath)
        // When the run is recorded an investigation may rest on it.
        _ = try await store.keepValid(among: [derivation])
        let request = GuestBuildRequest(
            store: store, derivation: derivation,
            conditions: claim.conditions, limits: try await limits(of: claim),
            directory: "\(data.runs)/\(claim.run)", log: log, keepsOutputs: !claim.isAvailable)
        let result = try await GuestBuild(request, on: host).run()
        try? FileManager.default.removeItem(atPath: request.directory)
        return try report(result)
    }

    private func limits(of claim: ClaimedBuild) async throws -> Guests.BuildLimits {
        var limits = Guests.BuildLimits(memory: memory)
        if let number = claim.jobset, let jobset = try await database.jobset(number) {
            let asked = jobset.description.limits
            limits.wallTime = .seconds(asked.buildTime.seconds)
            limits.silence = .seconds(asked.silentTime.seconds)
            limits.logBytes = Int(asked.logSize.bytes)
            limits.diskBytes = Int(asked.scratchSize.bytes)
            limits.memory = max(memory, Int(asked.memory.bytes >> 20))
        }
        return limits
    }

    private func report(_ result: GuestBuildResult) throws -> RunReport {
        let reason = result.outcome.reason
        return RunReport(
            outcome: result.outcome.outcome, reason: reason.isEmpty ? nil : String(reason.prefix(4000)),
            guestBegan: result.began, guestEnded: result.ended,
            seconds: Double(result.durations.build.components.seconds)
                + Double(result.durations.build.components.attoseconds) / 1e18,
            evidence: try result.evidence.map { try PostgresJSON(encoding: $0) },
            facts: result.outcome.outcome == .failed ? RunLog(path: result.log.path).facts() : [],
            logFile: result.log.path, logBytes: Int64(result.log.written))
    }
}
