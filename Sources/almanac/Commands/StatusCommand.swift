// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say whether a server runs and how far the farm is.")

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: "table or json.") var format = OutputFormat.table

    func run() async throws {
        let data = try farm.load().dataDirectory
        let progress = try await farm.withDatabase { try await $0.progress() }
        switch format {
        case .json: Terminal.write(try OutputFormat.json(progress))
        case .table:
            if let process = ServerLock.holder(of: data) {
                Terminal.write("server   process \(process), \(ServerAddress.read(data) ?? "starting")\n")
            } else {
                Terminal.write("server   none runs; start one with 'almanac serve'\n")
            }
            Terminal.write("data     \(data.path)\n" + ProgressText.lines(progress).joined(separator: "\n") + "\n")
        }
    }
}

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop the server of the data directory, and wait until it has stopped.")

    @OptionGroup var farm: FarmOptions

    func run() async throws {
        let configuration = try farm.load()
        let data = configuration.dataDirectory
        guard let process = ServerLock.holder(of: data) else {
            // A server that was killed leaves its PostgreSQL running.
            try await DatabaseAccess(configuration).close()
            Terminal.write("No server runs on \(data.path).\n")
            return
        }
        try await BackgroundServer.stop(process: process, data: data)
        Terminal.write("The server (process \(process)) has stopped.\n")
    }
}
