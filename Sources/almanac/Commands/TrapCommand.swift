// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel
import WebAPI

struct TrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trap", abstract: "One trap of the catalog.", subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a trap with its windows, cause, evidence and conditions.",
            discussion: "Example: almanac trap show 3")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number, as 'almanac catalog' lists it.") var trap: Int
        @Option(name: .long, help: ListFormat.help) var format = ListFormat.table

        func run() async throws {
            let id = trap
            guard let trap = try await farm.withDatabase({ try await $0.traps(id: id) }).first else {
                throw ValidationError("There is no trap \(id); 'almanac catalog' lists them.")
            }
            try format.write([trap], type: "Trap") { Self.text(trap) }
        }

        private static func text(_ trap: TrapRecord) -> String {
            var lines = [
                "\(trap.package) \(trap.version): \(trap.verdict.rawValue), \(trap.status.rawValue)", "",
                "cause        \(trap.cause.rawValue)", "probability  \(CatalogTable.percent(trap.probability))",
                "builds from  \(CatalogTable.from(trap))",
            ]
            if !CatalogTable.until(trap).isEmpty { lines.append("until        \(CatalogTable.until(trap))") }
            let conditions = trap.annotation
            let words = [
                conditions.date.map { "date \($0)" }, conditions.cpu.map { "cpu \($0)" },
                conditions.kernel.map { "kernel \($0)" }, conditions.cores.map { "cores \($0)" },
            ].compactMap(\.self)
            if !words.isEmpty { lines.append("build it at  \(words.joined(separator: ", "))") }
            lines.append("derivation   \(trap.derivation)")
            lines.append("runs         \(trap.runs.map { "\($0)" }.joined(separator: ", "))")
            lines.append("revisions    \(trap.revisions.map { String($0.prefix(12)) }.joined(separator: ", "))")
            for evidence in trap.evidence {
                let place = [
                    evidence.run.map { "run \($0)" }, evidence.path, evidence.line.map { "line \($0)" },
                ].compactMap(\.self).joined(separator: ", ")
                lines.append("evidence     \(place.isEmpty ? "" : place + ": ")\(evidence.text)")
            }
            return lines.map { TextTable.oneLine($0) + "\n" }.joined()
        }
    }
}
