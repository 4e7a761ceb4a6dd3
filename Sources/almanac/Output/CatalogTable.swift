// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The catalog for people: a line per trap, its windows by day.
struct CatalogTable {
    private let traps: [TrapRecord]

    init(_ traps: [TrapRecord]) {
        self.traps = traps
    }

    func render(_ terminal: Terminal) -> String {
        if traps.isEmpty { return "The catalog is empty.\n" }
        var table = TextTable(["TRAP", "PACKAGE", "VERSION", "AXIS", "WORKS FROM", "WORKS UNTIL", "CAUSE", "P", "RUNS"])
        for trap in traps {
            table.add([
                String(trap.id), trap.package, trap.version, trap.axis.rawValue, Self.from(trap), Self.until(trap),
                trap.cause.rawValue, Self.percent(trap.probability), String(trap.runs.count),
            ])
        }
        return table.render(headerStyle: terminal.bold) + "\n"
    }

    static func from(_ trap: TrapRecord) -> String {
        if let cpu = trap.cpu { return "\(cpu.firstGood)" }
        if let periodic = trap.periodic { return periodic.rule }
        return trap.windows.map { $0.notBefore.map { "\($0.firstGood)" } ?? "always" }.joined(separator: ", ")
    }

    static func until(_ trap: TrapRecord) -> String {
        if trap.cpu != nil || trap.periodic != nil { return "" }
        return trap.windows.map { $0.notAfter.map { "\($0.lastGood)" } ?? "for ever" }.joined(separator: ", ")
    }

    static func percent(_ probability: Double) -> String {
        let tenths = Int((probability * 1000).rounded(.down))
        return tenths >= 1000 ? "100%" : "\(tenths / 10).\(tenths % 10)%"
    }
}

/// Verdicts for people: jobs first, then what is only an input.
struct VerdictTable {
    private let verdicts: [VerdictRecord]

    init(_ verdicts: [VerdictRecord]) {
        self.verdicts = verdicts
    }

    func render(_ terminal: Terminal) -> String {
        if verdicts.isEmpty { return "Nothing was screened yet.\n" }
        var table = TextTable(["PACKAGE", "VERSION", "VERDICT", "SCREENING", "REVISIONS", "DERIVATION"])
        for verdict in verdicts {
            table.add([
                verdict.package, verdict.version, verdict.verdict?.rawValue ?? "-", verdict.state,
                String(verdict.revisions.count), String(verdict.derivation.prefix(12)),
            ])
        }
        return table.render(headerStyle: terminal.bold) + "\n"
    }
}
