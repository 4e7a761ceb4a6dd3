// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Logging
import TimeTravel

struct CollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Give up what the jobsets' retention no longer keeps; the server does so each night.",
        discussion: """
            Nothing goes that a trap, an annotation, an open investigation, a pinned build, a build that has not ended or \
            the latest evaluation of a jobset rests on. Example: almanac gc --dry-run
            """)
    @OptionGroup var farm: FarmOptions
    @Flag(name: .long, help: "Only show what would go.") var dryRun = false
    @Option(name: .long, help: ListFormat.help) var format = ListFormat.table

    func run() async throws {
        let configuration = try farm.load()
        let dryRun = dryRun
        let records = try await farm.withDatabase { database in
            let sweep = RetentionSweep(
                database: database, store: try FarmHost.store(configuration), data: configuration.dataDirectory,
                logger: Logger(label: "almanac.gc"), now: { .now })
            return dryRun ? try await sweep.plan() : try await sweep()
        }
        try format.write(records, type: "Retention") {
            if records.isEmpty { return "Everything is still kept.\n" }
            var table = TextTable(["JOBSET", "EVALUATIONS", "JOBS", "LOGS", "MIB", "OUTPUTS", "MIB"])
            for one in records {
                table.add([
                    one.jobset ?? "-", String(one.evaluations), String(one.jobs), String(one.logs),
                    String(one.logBytes >> 20), String(one.outputs), String(one.outputBytes >> 20),
                ])
            }
            return table.render(headerStyle: Terminal().bold) + "\n"
        }
    }
}
