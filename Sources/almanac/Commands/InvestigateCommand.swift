// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import TimeTravel

struct InvestigateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "investigate",
        abstract: "Look closer at a derivation that failed, and follow the builds that this takes.",
        discussion: """
            The runs that are known stay; only what the wanted precision still lacks is built, by the running farm. Ends \
            with the verdict, its windows and its evidence. Interrupted, the farm goes on.

            Example: almanac investigate pyopenssl --precision second
            """)

    @OptionGroup var farm: FarmOptions
    @Argument(help: "The derivation: its store path, its name, or the package's name.") var derivation: String
    @Option(name: .long, help: "How closely the ends of windows are wanted: day, minute or second.")
    var precision = Precision.minute
    @Option(name: .long, help: "table, or json for the finding alone.") var format = OutputFormat.table

    func run() async throws {
        let configuration = try farm.load()
        guard configuration.databaseURL != nil || ServerLock.holder(of: configuration.dataDirectory) != nil else {
            throw FarmError.noServer(data: configuration.data)
        }
        let (name, precision, isTable) = (DerivationName(derivation), precision, format == .table)
        let finding = try await DatabaseAccess(configuration).withDatabase { database in
            let id = try await database.investigateAgain(name, precision: precision)
            var shown = 0
            while true {
                guard let now = try await database.follow(investigation: id) else {
                    throw FarmError.notInvestigated(candidates: [])
                }
                if isTable {
                    for run in now.runs.dropFirst(shown) { Terminal.write(Self.line(run)) }
                    shown = now.runs.count
                }
                if let finding = now.finding { return finding }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        Terminal.write(isTable ? Self.text(finding) : try OutputFormat.json(finding))
    }

    private static func line(_ run: RunSummary) -> String {
        let seconds = run.seconds.map { " \(Int($0.rounded())) s" } ?? ""
        return "run \(run.id)  \(run.conditions)  \(run.outcome?.rawValue ?? "-")\(seconds)\n"
    }

    private static func text(_ finding: Finding) -> String {
        var lines = [
            "", "\(finding.verdict.rawValue) (\(CatalogTable.percent(finding.probability))): \(finding.reason)",
        ]
        for window in finding.windows {
            let from =
                window.notBefore.map { "fails until \($0.lastBad), works from \($0.firstGood)" } ?? "works always"
            let until =
                window.notAfter.map { "works until \($0.lastGood), fails from \($0.firstBad)" } ?? "works for ever"
            lines.append("\(from); \(until)")
        }
        if let periodic = finding.periodic { lines.append(periodic.description) }
        if let cpu = finding.cpu { lines.append("fails on \(cpu.lastBad), works from \(cpu.firstGood)") }
        if finding.verdict.isTrap { lines.append("cause: \(finding.cause.rawValue)") }
        lines += finding.evidence.map {
            "  \($0.kind.rawValue) \($0.path ?? $0.run.map { "run \($0)" } ?? ""): \($0.text)"
        }
        return lines.map(TextTable.oneLine).joined(separator: "\n") + "\n"
    }
}

extension Precision: ExpressibleByArgument {}
