// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser

/// Measures what the farm rests on, beside what it is compared with, in one run.
@main
struct AlmanacBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "almanac-bench", abstract: "Measure parts of Almanac.", subcommands: [Investigate.self])

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
}
