// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// `almanac-bench farm`: a whole farm simulated with 1 to 1,000 machines, beside the time that no farm could be quicker than.
struct FarmBenchmark {
    static let machines = [1, 3, 10, 30, 100, 300, 1_000]

    let scale: Double
    let seed: UInt64
    let guestsPerMachine: Int
    let claimsPerSecond: Double
    /// Says what is done at the moment.
    let progress: @Sendable (String) -> Void

    func run() -> FarmFigures {
        progress("planting packages and traps")
        let work = FarmWork(scale: scale, seed: seed, guests: guestsPerMachine)
        var figures = FarmFigures(planned: work.inputs.count, guestsPerMachine: guestsPerMachine)
        for machines in Self.machines {
            progress("\(machines) machines")
            let slots = machines * guestsPerMachine
            let result = FarmSimulation(work: work, slots: slots, claimsPerSecond: claimsPerSecond).run()
            figures.rows.append(FarmFigures.Row(machines: machines, slots: slots, result: result))
        }
        return figures
    }
}

struct FarmFigures {
    struct Row {
        let machines: Int
        let slots: Int
        let result: FarmSimulation.Result

        var bound: Double { result.bound(slots: slots) }
        var ratio: Double { result.makespan / bound }
        /// The share of the guests' time in which they build.
        var load: Double { result.busy / (Double(slots) * result.makespan) }
        var databaseLoad: Double { result.databaseSeconds / result.makespan }
    }

    let planned: Int
    let guestsPerMachine: Int
    var rows: [Row] = []

    private var buildsPerPackage: Double {
        rows.first.map { Double($0.result.builds) / Double($0.result.derivations) } ?? 0
    }

    /// How many machines have so much work that the longest chain is done meanwhile; more of them mostly wait for it.
    private var usefulMachines: Double {
        rows.first.map { $0.result.busy / $0.result.chain / Double(guestsPerMachine) } ?? 0
    }

    func json() throws -> String {
        var values: [String: Double] = [
            "derivations": Double(planned), "buildsPerPackage": buildsPerPackage, "usefulMachines": usefulMachines,
            "worstRatioToBound": rows.map(\.ratio).max() ?? 0,
        ]
        for row in rows {
            values["makespanHours\(row.machines)"] = row.result.makespan / 3_600
            values["ratioToBound\(row.machines)"] = row.ratio
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    func table() -> String {
        guard let first = rows.first?.result else { return "" }
        var lines = [
            """
            \(planned) derivations in \(FarmWork.releases) releases that share nothing, \(guestsPerMachine) guests on each machine.
            \(first.builds) builds, \(Self.text(buildsPerPackage, 3)) for each derivation, \(first.furtherBuilds) of them to \
            investigate. The longest chain takes \(Self.hours(first.chain)) h; as much work have \
            \(Self.text(usefulMachines, 0)) machines.
            """, "",
            "| machines | hours | at least, hours | ratio | guests at work | database at work |",
            "|--:|--:|--:|--:|--:|--:|",
        ]
        for row in rows {
            let (load, databaseLoad) = (Self.text(row.load * 100, 1), Self.text(row.databaseLoad * 100, 2))
            lines.append(
                "| \(row.machines) | \(Self.hours(row.result.makespan)) | \(Self.hours(row.bound)) | "
                    + "\(Self.text(row.ratio, 3)) | \(load) % | \(databaseLoad) % |")
        }
        return lines.joined(separator: "\n")
    }

    private static func hours(_ seconds: Double) -> String { text(seconds / 3_600, 1) }

    private static func text(_ number: Double, _ places: Int) -> String { String(format: "%.\(places)f", number) }
}
