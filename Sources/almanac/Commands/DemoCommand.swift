// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import Jobsets
import StoreDaemon
import TimeTravel
import UnixSignals

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the main job on real packages and show the result.",
        discussion: """
            Starts a server in the background (unless one runs), loads the demonstration jobset, waits until every build \
            has a verdict, prints the catalog, and leaves the server running; 'almanac stop' ends it. Ctrl-C stops the \
            server that the demo started; started again, the demo goes on where it stopped.
            """)

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: "The jobset file (default: demo.yaml, on a farm whose store Guix keeps demo-guix.yaml).")
    var jobset: String?
    @Option(name: .long, help: "Port of the web API.") var port: Int?

    func run() async throws {
        let configuration = try farm.load()
        let data = configuration.dataDirectory
        let engine = try FarmHost.storeEngine(configuration)
        let file = jobset ?? configuration.jobsets + (engine == .guix ? "/demo-guix.yaml" : "/demo.yaml")
        let descriptions = try JobsetFiles.read([file])
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)

        let started = try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask {
                for await _ in signals { return .interrupted }
                return .interrupted
            }
            group.addTask { .settled(address: try await work(configuration, descriptions)) }
            defer { group.cancelAll() }
            return try await group.next() ?? .interrupted
        }
        switch started {
        case .settled(let address):
            Terminal.write("\nThe server runs on: \(address)  (catalog: \(address)/catalog)\n")
            Terminal.write("Stop it with 'almanac stop'; its log is \(data.serverLog)\n")
        case .interrupted:
            Terminal.write("\nStopping…\n")
            if let process = ServerLock.holder(of: data) {
                try await BackgroundServer.stop(process: process, data: data)
            }
            Terminal.write("Stopped. Started again, the demo goes on from here.\n")
            throw ExitCode(130)
        }
    }

    private enum Ending: Sendable {
        case settled(address: String)
        case interrupted
    }

    private func work(_ configuration: FarmConfiguration, _ descriptions: [JobsetDescription]) async throws -> String {
        let data = configuration.dataDirectory
        let clock = ContinuousClock()
        let begin = clock.now
        if ServerLock.holder(of: data) == nil {
            Terminal.write(
                "Starting the server (its log: \(data.serverLog)); the first time it makes the guest image…\n")
            var arguments: [String] = []
            if let database = configuration.databaseURL { arguments += ["--database", database] }
            if let port { arguments += ["--port", String(port)] }
            _ = try await BackgroundServer.start(configuration, arguments: arguments)
        }
        return try await DatabaseAccess(configuration).withDatabase { database in
            _ = try await database.store(descriptions, now: .now)
            var display = ProgressDisplay(Terminal())
            while true {
                let progress = try await database.progress()
                display.show(progress, elapsed: begin.duration(to: clock.now))
                if progress.isSettled { break }
                guard ServerLock.holder(of: data) != nil else {
                    display.finish()
                    throw FarmError.serverDidNotStart(log: data.serverLog, lastLines: "it ended while it worked")
                }
                try await clock.sleep(for: .milliseconds(500))
            }
            display.finish()
            try await Self.report(database, elapsed: begin.duration(to: clock.now))
            return ServerAddress.read(data) ?? "http://\(configuration.host):\(configuration.port)"
        }
    }

    private static func report(_ database: FarmDatabase, elapsed: Duration) async throws {
        let terminal = Terminal()
        let verdicts = try await database.verdictRecords()
        let counts = Dictionary(grouping: verdicts, by: { $0.verdict?.rawValue ?? "undecided" }).mapValues(\.count)
        let summary = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        Terminal.write("Done after \(ProgressDisplay.clock(elapsed)): \(summary).\n\n")
        for evaluation in try await database.evaluations() where evaluation.state == "failed" {
            Terminal.write(
                "evaluation \(evaluation.id) of \(evaluation.commit.prefix(10)) failed: \(evaluation.error ?? "")\n")
        }
        Terminal.write(VerdictTable(verdicts).render(terminal) + "\n")
        Terminal.write(CatalogTable(try await database.traps()).render(terminal))
    }
}
