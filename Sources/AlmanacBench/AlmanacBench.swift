// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Foundation
import Postgres

/// Measures what the farm rests on, beside what it is compared with, in one run.
@main
struct AlmanacBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "almanac-bench", abstract: "Measure parts of Almanac.",
        subcommands: [Investigate.self, Derivations.self, Queue.self, Farm.self, Web.self, WebServer.self])

    struct Investigate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Builds that an investigation needs, beside plain bisection and best of three.")
        @Flag(help: "Print the figures as JSON.") var json = false
        @Option(help: "Of the random traps; the same seed gives the same figures.") var seed: UInt64 = 1
        @Option(help: "Traps for each row.") var trials = 300

        func run() throws {
            InvestigateBenchmark.run(json: json, seed: seed, trials: trials)
        }
    }

    struct Derivations: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Speed of reading derivations, beside nix show-derivation on the same files.",
            discussion: "Measure a release build: swift run -c release almanac-bench derivations")
        @Flag(help: "Print the figures as JSON.") var json = false
        @Option(help: "Folder of .drv files (default: those recorded from a real Guix).") var folder: String?
        @Option(help: "Rounds, of which the median counts.") var rounds = 9

        func run() throws {
            let shared = ProcessInfo.processInfo.environment["ALMANAC_SHARED"] ?? "../shared"
            try DerivationsBenchmark(folder: folder ?? "\(shared)/data/guix/drvs", rounds: rounds).run(json: json)
        }
    }

    struct Web: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The web server with 1,200,000 builds and 10,000 traps, asked by 50 clients at once (wrk).",
            discussion: """
                In a cluster of its own that is removed afterwards, or on the server of DATABASE_URL, where it makes and \
                removes a database. Some ten minutes; --scale 0.05 is a quick look. Measure a release build.
                """)
        @Flag(help: "Print the figures as JSON.") var json = false
        @Option(help: "Size of the farm; 1 is five revisions of Guix under four conditions.") var scale = 1.0
        @Option(help: "Of the random graph.") var seed: UInt64 = 1
        @Option(help: "How long each address is asked.") var seconds = 5
        @Flag(help: "Make each answer anew instead of keeping it for a moment.") var noCache = false

        func validate() throws {
            guard scale > 0, scale <= 10 else { throw ValidationError("--scale is above 0 and at most 10") }
            guard (1...600).contains(seconds) else { throw ValidationError("--seconds is from 1 to 600") }
        }

        func run() async throws {
            let (scale, seed, seconds, isCached) = (scale, seed, seconds, !noCache)
            let figures = try await BenchmarkServer.run { administrator in
                try await WebBenchmark(
                    scale: scale, seed: seed, seconds: seconds, administrator: administrator, isCached: isCached
                ) { step in FileHandle.standardError.write(Data("\(step)…\n".utf8)) }.run()
            }
            print(json ? try figures.json() : figures.table())
        }
    }

    struct WebServer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "web-server", abstract: "The server that 'web' measures.", shouldDisplay: false)
        @Argument(help: "PostgreSQL connection string.") var connection: String
        @Option(help: "The database.") var name: String
        @Flag var noCache = false

        func run() async throws {
            try await WebBenchmark.runServer(connection: connection, name: name, isCached: !noCache)
        }
    }

    struct Queue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The queue with 300,000 builds, beside a plain job table in the same database.",
            discussion: """
                In a cluster of its own that is removed afterwards, or on the server of DATABASE_URL, where it makes and \
                removes two databases. Some minutes; --scale 0.05 is a quick look.
                """)
        @Flag(help: "Print the figures as JSON.") var json = false
        @Option(help: "Size of the graph; 1 is Guix: 60,000 builds a revision.") var scale = 1.0
        @Option(help: "Of the random graph.") var seed: UInt64 = 1

        func validate() throws {
            guard scale > 0, scale <= 10 else { throw ValidationError("--scale is above 0 and at most 10") }
        }

        func run() async throws {
            let (scale, seed) = (scale, seed)
            let figures = try await BenchmarkServer.run { administrator in
                try await QueueBenchmark(scale: scale, seed: seed, administrator: administrator) { step in
                    FileHandle.standardError.write(Data("\(step)…\n".utf8))
                }.run()
            }
            print(json ? try figures.json() : figures.table())
        }
    }

    struct Farm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A whole farm simulated: 30,000 packages, 8 releases, 1 to 1,000 machines.",
            discussion: "Needs neither a database nor guests. Some minutes; --scale 0.05 is a quick look.")
        @Flag(help: "Print the figures as JSON.") var json = false
        @Option(help: "Size of a release; 1 is 30,000 packages.") var scale = 1.0
        @Option(help: "Of the random graph, its builds and its traps.") var seed: UInt64 = 1
        @Option(help: "Guests on each machine.") var guests = 4
        @Option(help: "Claims with completions that the database does in a second, as 'queue' measures them.")
        var claims = 7_000.0

        func validate() throws {
            guard scale > 0, scale <= 10 else { throw ValidationError("--scale is above 0 and at most 10") }
            guard (1...256).contains(guests) else { throw ValidationError("--guests is from 1 to 256") }
            guard claims > 0 else { throw ValidationError("--claims is above 0") }
        }

        func run() async throws {
            let figures = FarmBenchmark(
                scale: scale, seed: seed, guestsPerMachine: guests, claimsPerSecond: claims
            ) { step in FileHandle.standardError.write(Data("\(step)…\n".utf8)) }.run()
            print(json ? try figures.json() : figures.table())
        }
    }
}
