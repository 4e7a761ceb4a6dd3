// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import TimeTravel
import WebAPI

struct TrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trap", abstract: "One trap of the catalog.", subcommands: [Show.self, Annotate.self])

    struct Annotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say under which conditions a trapped package builds; a build checks it.",
            discussion: """
                What is left out is as it was when the package was seen to build. What was measured stays beside it.

                Example: almanac trap annotate 3 --date 2019-05-01 --note "the certificates of the tests are valid then"
                """)
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number, as 'almanac catalog' lists it.") var trap: Int
        @Option(name: .long, help: "A day, or a date and time such as 2019-05-01T00:00:00Z.") var date: Instant?
        @Option(name: .long, help: "The model of the processor, such as Nehalem.") var cpu: CPUModel?
        @Option(name: .long, help: "The kernel's release.") var kernel: KernelRelease?
        @Option(name: .long, help: "How many cores, 1 to 1024.") var cores: Int?
        @Option(name: .long, help: "Why; at most 2000 characters.") var note = ""

        func validate() throws {
            guard date != nil || cpu != nil || kernel != nil || cores != nil || !note.isEmpty else {
                throw ValidationError("say something: --date, --cpu, --kernel, --cores or --note")
            }
            guard cores.map((1...1_024).contains) ?? true else {
                throw ValidationError("--cores has to be from 1 to 1024")
            }
            guard note.unicodeScalars.count <= 2_000 else {
                throw ValidationError("--note has to be at most 2000 characters")
            }
        }

        func run() async throws {
            let (id, note) = (trap, note)
            let conditions = Annotation(date: date, cpu: cpu, kernel: kernel, cores: cores)
            let author = ProcessInfo.processInfo.userName
            let made = try await farm.withDatabase { database in
                guard let made = try await database.annotate(trap: id, conditions, note: note, author: author) else {
                    throw FarmError.unknownTrap(id)
                }
                return try await database.annotations(trap: id, limit: 1_000).first { $0.id == made }
            }
            let check = made?.check.map { "; build \($0.build) checks it: almanac build show \($0.build)" } ?? ""
            Terminal.write("Written down\(check).\n")
        }
    }

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

extension CPUModel: ExpressibleByArgument {}

extension KernelRelease: ExpressibleByArgument {}

extension Instant: ExpressibleByArgument {
    /// A day counts as its beginning in UTC.
    public init?(argument: String) {
        guard let instant = Instant(argument) ?? CivilDate(argument)?.start else { return nil }
        self = instant
    }
}
