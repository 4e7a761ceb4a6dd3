// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel

struct CatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Print the catalog of traps.",
        discussion: "Example: almanac catalog --format json | jq '.[].package'")

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: ListFormat.help) var format = ListFormat.table
    @Option(name: .long, help: "Traps of this package only.") var package: String?

    func run() async throws {
        let wanted = package
        let traps = try await farm.withDatabase { try await $0.traps(package: wanted) }
        try format.write(traps, type: "Trap") { CatalogTable(traps).render(Terminal()) }
    }
}

struct VerdictsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verdicts", abstract: "Print every screened package with its verdict.")

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: ListFormat.help) var format = ListFormat.table
    @Option(name: .long, help: "Packages of this jobset only.") var jobset: String?

    func run() async throws {
        let wanted = jobset
        let verdicts = try await farm.withDatabase { database in
            if let wanted { _ = try await database.jobset(named: wanted) }
            return try await database.verdictRecords(jobset: wanted)
        }
        try format.write(verdicts, type: "Verdict") { VerdictTable(verdicts).render(Terminal()) }
    }
}
