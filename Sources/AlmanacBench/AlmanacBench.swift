// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Foundation

/// Measures what the farm rests on, beside what it is compared with, in one run.
@main
struct AlmanacBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "almanac-bench", abstract: "Measure parts of Almanac.", subcommands: [Investigate.self, Derivations.self])

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
}
