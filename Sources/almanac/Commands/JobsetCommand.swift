// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import Jobsets
import TimeTravel

struct JobsetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobset", abstract: "What to evaluate, where, when, and under which conditions to screen it.",
        subcommands: [List.self, Show.self, Add.self, Remove.self, Enable.self, Disable.self, Trigger.self, Hook.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the loaded jobsets.")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func run() async throws {
            let jobsets = try await farm.withDatabase { try await $0.jobsetRecords() }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(jobsets))
            case .table: Terminal.write(table(jobsets))
            }
        }

        private func table(_ jobsets: [JobsetRecord]) -> String {
            if jobsets.isEmpty { return "No jobset is loaded. Load one with 'almanac jobset add FILE'.\n" }
            var table = TextTable(["JOBSET", "ENGINE", "ENABLED", "EVALUATIONS", "SCHEDULE", "NEXT", "CHANNEL"])
            for jobset in jobsets {
                table.add([
                    jobset.name, jobset.engine, jobset.enabled ? "yes" : "no", String(jobset.evaluations),
                    jobset.schedule ?? "-", jobset.nextDue.map { "\($0)" } ?? "-", jobset.channel,
                ])
            }
            return table.render(headerStyle: Terminal().bold) + "\n"
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a jobset as the farm keeps it, as JSON.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            let wanted = name
            let jobset = try await farm.withDatabase { try await $0.jobset(named: wanted) }
            Terminal.write(try OutputFormat.json(jobset.description))
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load jobset files; one with a fault loads nothing of any.",
            discussion: """
                A name that is loaded already is replaced. Files are YAML as in Jobsets/, Cuirass specifications (.scm) or \
                Hydra's declarative jobsets (.json). Example: almanac jobset add Jobsets/demo.yaml
                """)
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Jobset files.") var files: [String]

        func run() async throws {
            let descriptions = try JobsetFiles.read(files)
            let changed = try await farm.withDatabase { try await $0.store(descriptions, now: .now) }
            for description in descriptions {
                Terminal.write("\(description.name): \(changed.contains(description.name) ? "loaded" : "unchanged")\n")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Evaluate a jobset no more; its history and the catalog stay.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await change(farm, name) { try await $0.remove(jobset: $1) }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a jobset's schedule and triggers work again.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await change(farm, name) { try await $0.setEnabled(true, jobset: $1) }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop evaluating a jobset for now.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await change(farm, name) { try await $0.setEnabled(false, jobset: $1) }
        }
    }

    struct Trigger: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Evaluate a jobset now, also revisions that were evaluated before.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await change(farm, name) { try await $0.trigger(jobset: $1, cause: "manual") }
        }
    }

    private static func change(
        _ farm: FarmOptions, _ name: String, _ body: @Sendable (FarmDatabase, Int) async throws -> Void
    ) async throws {
        try await farm.withDatabase { database in
            try await body(database, try await database.jobset(named: name).id)
        }
    }
}

/// Jobset files named on the command line: all of them hold, or none is used.
enum JobsetFiles {
    static func read(_ paths: [String]) throws -> [JobsetDescription] {
        var descriptions: [JobsetDescription] = []
        var faults: [String] = []
        for path in paths {
            do {
                descriptions += try JobsetFolder.readAll(path)
            } catch {
                faults += error.faults.map { "\($0)" }
            }
        }
        guard faults.isEmpty else { throw FarmError.jobsetFiles(faults.joined(separator: "\n")) }
        return descriptions
    }
}

extension Instant {
    /// The host's clock.
    static var now: Instant { Instant(seconds: Int64(Date().timeIntervalSince1970)) }
}
