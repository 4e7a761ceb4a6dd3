// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel

struct HorizonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "horizon",
        abstract: "Print from when to when the revisions of a jobset build as a whole.",
        discussion: """
            One date for everything: what the windows of all traps have in common, and the trap that ends it on either \
            side. Packages whose windows exclude each other are named; they are built each under its own annotation.

            Example: almanac horizon demo --commit 3f2a9c --package requests
            """)

    @OptionGroup var farm: FarmOptions
    @Argument(help: "The jobset.") var jobset: String
    @Option(name: .long, help: "The beginning of a commit; without it every evaluated revision.") var commit: String?
    @Option(name: .long, help: "Only this package and what it needs.") var package: String?
    @Option(name: .long, help: "table or json.") var format = OutputFormat.table

    func run() async throws {
        let (jobset, commit, package) = (jobset, commit, package)
        let horizons = try await farm.withDatabase { database in
            _ = try await database.jobset(named: jobset)
            return try await database.horizons(jobset: jobset, commit: commit, package: package)
        }
        if horizons.isEmpty {
            throw ValidationError("no evaluated revision of '\(jobset)' matches: see 'almanac status'")
        }
        switch format {
        case .json: Terminal.write(try OutputFormat.json(horizons))
        case .table: Terminal.write(Self.table(horizons, Terminal()))
        }
    }

    private static func table(_ horizons: [RevisionHorizon], _ terminal: Terminal) -> String {
        var table = TextTable([
            "REVISION", "DATE", "BUILDS FROM", "BECAUSE OF", "BUILDS UNTIL", "BECAUSE OF", "EXCEPT", "OPEN", "LOST",
        ])
        for one in horizons {
            let except = one.horizon.exceptions.map { "\($0.package): \($0.rule)" }.joined(separator: ", ")
            let ends = [one.commit.prefix(12).description, one.date.date.description]
            let counts = [except, String(one.unknown), String(one.lost)]
            if one.horizon.spans.isEmpty {
                let traps = one.conflict.map(String.init).joined(separator: " and ")
                table.add(ends + ["no one date", "traps \(traps)", "", ""] + counts)
            }
            for span in one.horizon.spans {
                table.add(
                    ends + [
                        span.notBefore.map { "\($0.instant)" } ?? "always", name(span.notBefore),
                        span.notAfter.map { "\($0.instant)" } ?? "for ever", name(span.notAfter),
                    ] + counts)
            }
        }
        return table.render(headerStyle: terminal.bold) + "\n"
    }

    private static func name(_ limit: TravelHorizon.Limit?) -> String {
        limit.map { "\($0.package) \($0.version) (trap \($0.trap))" } ?? ""
    }
}

struct ImpactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "impact", abstract: "Print how many derivations of each revision need a trap's package.")

    @OptionGroup var farm: FarmOptions
    @Argument(help: "The trap's number.") var trap: Int
    @Option(name: .long, help: "table or json.") var format = OutputFormat.table

    func run() async throws {
        let trap = trap
        let impact = try await farm.withDatabase { try await $0.impact(ofTrap: trap) }
        switch format {
        case .json: Terminal.write(try OutputFormat.json(impact))
        case .table:
            var table = TextTable(["JOBSET", "REVISION", "DATE", "DEPENDENTS", "JOBS AMONG THEM"])
            for one in impact {
                table.add([
                    one.jobset, String(one.commit.prefix(12)), one.date.date.description, String(one.dependents),
                    String(one.jobs),
                ])
            }
            Terminal.write(table.render(headerStyle: Terminal().bold) + "\n")
        }
    }
}
