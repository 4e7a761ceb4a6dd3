// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel

struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Look at builds, and move them by hand.",
        subcommands: [
            List.self, Show.self, Why.self, Cancel.self, Restart.self, Bump.self, Pin.self, Unpin.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List builds, newest first.")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "Only builds in this state: blocked, ready, leased, succeeded, failed, …")
        var state: String?
        @Option(name: .long, help: "Only builds of this derivation: a store path or a name.") var derivation: String?
        @Option(name: .long, help: "Only builds with a smaller number, for the next page.") var before: Int?
        @Option(name: .long, help: "How many at most.") var limit = 50
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit is from 1 to 10000") }
        }

        func run() async throws {
            let (state, derivation, before, limit) = (state, derivation.map { DerivationName($0) }, before, limit)
            let builds = try await farm.withDatabase {
                try await $0.builds(of: derivation, state: state, before: before, limit: limit)
            }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(builds))
            case .table: Terminal.write(table(builds))
            }
        }

        private func table(_ builds: [BuildRecord]) -> String {
            if builds.isEmpty { return "No build is like that.\n" }
            var table = TextTable(["BUILD", "STATE", "NAME", "CONDITIONS", "RUNS", "VERDICT", "ERROR"])
            for build in builds {
                table.add([
                    String(build.id), build.state, build.name, "\(build.conditions)", String(build.runs.count),
                    build.verdict?.rawValue ?? "-", build.error.map(Self.brief) ?? "-",
                ])
            }
            return table.render(headerStyle: Terminal().bold) + "\n"
        }

        /// The beginning of an error, which may be many lines; 'almanac build show' has all of it.
        private static func brief(_ error: String) -> String {
            let line = error.prefix { !$0.isNewline }
            return line.count > 80 ? line.prefix(79) + "…" : String(line)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a build, as JSON.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int

        func run() async throws {
            let id = build
            guard let record = try await farm.withDatabase({ try await $0.builds(id: id).first }) else {
                throw FarmError.unknownBuild(id)
            }
            Terminal.write(try OutputFormat.json(record))
        }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a build does not run: inputs, workers, quota, lease.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func run() async throws {
            let id = build
            guard let why = try await farm.withDatabase({ try await $0.explanation(ofBuild: id) }) else {
                throw FarmError.unknownBuild(id)
            }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(why))
            case .table:
                let lines = ["Build \(id), \(why.name), is \(why.state)."] + why.sentences
                Terminal.write(lines.map(TextTable.oneLine).joined(separator: "\n") + "\n")
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a build that has not ended; what waits for its outputs fails with it.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int
        @Option(name: .long, help: "What people are shown.") var reason = "cancelled by a person"

        func run() async throws {
            let (id, reason) = (build, reason)
            let done = try await change(farm, id) { try await $0.cancel(build: id, why: reason) }
            Terminal.write(done ? "Build \(id) is cancelled.\n" : "Build \(id) had ended already.\n")
        }
    }

    struct Restart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queue a build that has ended once more.",
            discussion: "With --dependents also what failed above it, in order: it waits for outputs that are missing.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int
        @Flag(help: "Also the builds above it that did not succeed.") var dependents = false

        func run() async throws {
            let (id, dependents) = (build, dependents)
            let count = try await change(farm, id) { try await $0.restart(build: id, dependents: dependents) }
            Terminal.write(
                count == 0 ? "Build \(id) has not ended yet; nothing was queued.\n" : "Builds queued: \(count).\n")
        }
    }

    struct Bump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a build, and all that it waits for, before everything else.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int

        func run() async throws {
            let id = build
            let count = try await change(farm, id) { try await $0.bump(build: id) }
            Terminal.write("Builds moved to the front: \(count).\n")
        }
    }

    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep what a build left behind from expiring.",
            discussion:
                "Outputs that were given up, its own or of what it is built with, are built again, and kept then.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int

        func run() async throws {
            let id = build
            let count = try await change(farm, id) { try await $0.pin(build: id) ?? 0 }
            Terminal.write(
                "Build \(id) is pinned.\n" + (count > 0 ? "Builds queued for what was given up: \(count).\n" : ""))
        }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let what a build left behind expire after all.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var build: Int

        func run() async throws {
            let id = build
            try await change(farm, id) { try await $0.unpin(build: id) }
            Terminal.write("Build \(id) is no longer pinned.\n")
        }
    }

    /// Changes a build that is there, or says that it is not.
    private static func change<Result: Sendable>(
        _ farm: FarmOptions, _ build: Int, _ body: @Sendable (FarmDatabase) async throws -> Result
    ) async throws -> Result {
        try await farm.withDatabase { database in
            guard try await !database.builds(id: build).isEmpty else { throw FarmError.unknownBuild(build) }
            return try await body(database)
        }
    }
}
