// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation

/// What every command that touches the farm takes.
struct FarmOptions: ParsableArguments {
    @Option(name: .long, help: "Data directory (or ALMANAC_DATA).")
    var data: String?

    @Option(name: .long, help: "Settings file (default: almanac.yaml in the data directory).")
    var config: String?

    @Option(name: .long, help: "PostgreSQL connection string (or DATABASE_URL) instead of the embedded cluster.")
    var database: String?

    func load() throws -> FarmConfiguration {
        var environment = ProcessInfo.processInfo.environment
        if let data { environment["ALMANAC_DATA"] = data }
        if let database { environment["DATABASE_URL"] = database }
        let configuration = try FarmConfiguration.load(
            file: config, environment: environment, processors: ProcessInfo.processInfo.activeProcessorCount)
        try configuration.dataDirectory.create()
        return configuration
    }

    func withDatabase<Result: Sendable>(_ body: @Sendable (FarmDatabase) async throws -> Result) async throws -> Result
    {
        try await DatabaseAccess(try load()).withDatabase(body)
    }
}

/// How a command prints its answer.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

extension OutputFormat {
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
