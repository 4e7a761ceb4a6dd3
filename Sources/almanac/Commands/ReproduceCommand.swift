// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Derivations
import Farm
import Foundation
import Guests
import StoreDaemon
import TimeTravel

struct ReproduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Make a run again, in a guest of the same date, processor, kernel and cores, and compare.",
        discussion: """
            Nothing is written into the farm's database, and outputs are thrown away. The builder's log goes to the \
            standard output. Exit codes: 0 when the outcome is the same, 1 when it is another, 2 when the guest or its \
            clock failed, so that nothing can be said. Example: almanac reproduce 17
            """)

    @OptionGroup var farm: FarmOptions
    @Argument(help: "Number of the run.") var run: Int64

    func run() async throws {
        let configuration = try farm.load()
        let wanted = run
        guard let record = try await farm.withDatabase({ try await $0.run(wanted) }) else {
            throw FarmError.unknownRun(wanted)
        }
        Terminal.complain("Run \(wanted): \(record.derivation) at \(record.conditions)")
        let logger = ServerLog.logger()
        let host = try await FarmHost.prepare(configuration, logger: logger)
        let result = try await build(record, on: host, configuration)
        let outcome = result.outcome.outcome
        Terminal.complain(
            "Then \(record.outcome?.rawValue ?? "running"), now \(outcome.rawValue)"
                + (result.outcome.reason.isEmpty
                    ? "" : ": \(TextTable.oneLine(String(result.outcome.reason.prefix(300))))"))
        if outcome == .infrastructure { throw ExitCode(2) }
        if outcome != record.outcome { throw ExitCode.failure }
    }

    private func build(
        _ record: RunRecord, on host: GuestHost, _ configuration: FarmConfiguration
    ) async throws -> GuestBuildResult {
        let store = try FarmHost.store(configuration)
        let folder = "\(configuration.dataDirectory.runs)/reproduce-\(record.id)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let request = GuestBuildRequest(
            store: store, derivation: try StorePath(store.logicalDirectory, baseName: record.derivation),
            conditions: record.conditions, limits: BuildLimits(memory: configuration.guestMemory),
            directory: "\(folder)/run", log: "\(folder)/log.gz", keepsOutputs: false)
        let result = try await GuestBuild(request, on: host).run()
        LogOutput.write(RunLog(path: "\(folder)/log.gz"))
        return result
    }
}
