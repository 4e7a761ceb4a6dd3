// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel

struct EvaluationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluation", abstract: "Look at evaluations: jobsets at revisions.",
        subcommands: [List.self, Compare.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List evaluations, newest first.")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "Only those of this jobset.") var jobset: String?
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func run() async throws {
            let name = jobset
            let evaluations = try await farm.withDatabase { try await $0.evaluations(jobset: name) }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(evaluations))
            case .table:
                var table = TextTable(["EVALUATION", "JOBSET", "REVISION", "DATE", "STATE", "JOBS"])
                for evaluation in evaluations {
                    table.add([
                        String(evaluation.id), evaluation.jobset, String(evaluation.commit.prefix(12)),
                        "\(evaluation.date.date)", evaluation.state, String(evaluation.jobs),
                    ])
                }
                Terminal.write(table.render(headerStyle: Terminal().bold) + "\n")
            }
        }
    }

    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is newly trapped, fixed, still trapped and newly broken between two evaluations.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Number of the earlier evaluation.") var before: Int
        @Argument(help: "Number of the later one.") var after: Int
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func run() async throws {
            let (before, after) = (before, after)
            let comparison = try await farm.withDatabase { try await $0.compareEvaluations(before, after) }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(comparison))
            case .table: Terminal.write(Self.text(comparison))
            }
        }

        private static func text(_ comparison: EvaluationComparison) -> String {
            let groups = [
                ("newly trapped", comparison.newlyTrapped), ("fixed", comparison.fixed),
                ("still trapped", comparison.stillTrapped), ("newly broken", comparison.newlyBroken),
            ]
            var table = TextTable(["CHANGE", "JOB", "BEFORE", "AFTER", "TRAP"])
            for (name, changes) in groups {
                for change in changes {
                    table.add([
                        name, change.job, side(change.versionBefore, change.verdictBefore),
                        side(change.versionAfter, change.verdictAfter), change.trap.map(String.init) ?? "-",
                    ])
                }
            }
            let counts = groups.map { "\($0.1.count) \($0.0)" } + ["\(comparison.undecided) not decided yet"]
            let list = table.rows.isEmpty ? "" : table.render(headerStyle: Terminal().bold) + "\n\n"
            return list + counts.joined(separator: ", ") + "\n"
        }

        private static func side(_ version: String?, _ verdict: Verdict?) -> String {
            version.map { "\($0) \(verdict?.rawValue ?? "?")" } ?? "-"
        }
    }
}
