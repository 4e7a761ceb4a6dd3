// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Derivations
import Farm
import Foundation
import Jobsets
import StoreDaemon
import TimeTravel

struct InvestigateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "investigate",
        abstract: "Find out from when to when a derivation builds and why, and follow the builds that this takes.",
        discussion: """
            One that the farm investigated before is looked at closer: the runs that are known stay, and only what the \
            wanted precision still lacks is built. One that no jobset has is taken from the farm's store, given by its \
            path, and screened with all that it needs. Ends with the verdict, its windows and its evidence. Interrupted, \
            the farm goes on.

            Examples: almanac investigate pyopenssl --precision second
                      almanac investigate /gnu/store/…-hello-2.10.drv --released 2019-05-01
            """)

    @OptionGroup var farm: FarmOptions
    @Argument(help: "The derivation: its store path, its name, or the package's name.") var derivation: String
    @Option(name: .long, help: "How closely the ends of windows are wanted: day, minute or second.")
    var precision = Precision.minute
    @Option(name: .long, help: "Of a derivation that no jobset has: when the package was current (default: now).")
    var released: Instant?
    @Option(name: .long, help: "table, or json for the finding alone.") var format = OutputFormat.table

    func run() async throws {
        let configuration = try farm.load()
        guard configuration.databaseURL != nil || ServerLock.holder(of: configuration.dataDirectory) != nil else {
            throw FarmError.noServer(data: configuration.data)
        }
        let (derivation, precision, isTable) = (derivation, precision, format == .table)
        let (name, released) = (DerivationName(derivation), released ?? .now)
        let asked = try asked(configuration)
        let finding = try await DatabaseAccess(configuration).withDatabase { database -> Finding? in
            let id: Int
            do {
                id = try await database.investigateAgain(name, precision: precision)
            } catch FarmError.notInvestigated(let candidates) where candidates.isEmpty {
                if try await database.standing(of: name) == nil {
                    guard let asked else { throw FarmError.unknownDerivation(derivation) }
                    try await Self.take(asked, configuration, released: released, database)
                }
                guard let found = try await Self.followScreening(of: derivation, database) else { return nil }
                id = found
            }
            return try await Self.follow(id, isTable, database)
        }
        guard let finding else {
            Terminal.write("sound: it builds under every screening condition\n")
            return
        }
        Terminal.write(isTable ? Self.text(finding) : try OutputFormat.json(finding))
    }

    /// What the argument names where it is a path.
    private func asked(_ configuration: FarmConfiguration) throws -> AskedDerivation? {
        guard derivation.hasPrefix("/"), derivation.hasSuffix(".drv") else { return nil }
        return AskedDerivation(try StorePath(parsing: derivation))
    }

    private static func take(
        _ asked: AskedDerivation, _ configuration: FarmConfiguration, released: Instant, _ database: FarmDatabase
    ) async throws {
        let store = try FarmHost.store(configuration)
        do {
            _ = try store.derivation(at: asked.path)
        } catch {
            throw FarmError.notInStore("\(asked.path)", reason: "\(error)")
        }
        let evaluation = try await database.ask(
            asked, engine: store.engine == .guix ? .guix : .nix, released: released, now: .now)
        while true {
            let outcome = try await database.outcome(ofEvaluation: evaluation)
            if let error = outcome.error { throw FarmError.notInStore("\(asked.path)", reason: error) }
            if outcome.isOver { return }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// - Returns: the investigation that a failed screening opened; nil where the derivation is sound.
    private static func followScreening(
        of name: String, _ database: FarmDatabase
    ) async throws -> Int? {
        while let now = try await database.standing(of: DerivationName(name)) {
            if let investigation = now.investigation { return investigation }
            if let verdict = now.verdict, !now.isMoving {
                if verdict == .sound { return nil }
                throw FarmError.notScreened(name, reason: now.obstacle ?? verdict.rawValue)
            }
            if !now.isMoving, let obstacle = now.obstacle {
                throw FarmError.notScreened(name, reason: obstacle)
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw FarmError.unknownDerivation(name)
    }

    private static func follow(_ id: Int, _ isTable: Bool, _ database: FarmDatabase) async throws -> Finding {
        var shown = 0
        while let now = try await database.follow(investigation: id) {
            if isTable {
                for run in now.runs.dropFirst(shown) { Terminal.write(line(run)) }
                shown = now.runs.count
            }
            if let finding = now.finding { return finding }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw FarmError.notInvestigated(candidates: [])
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
