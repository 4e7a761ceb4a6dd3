// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Save the database, the catalog and the logs into a new directory.",
        discussion: "The farm may go on working meanwhile. Example: almanac backup /backups/almanac-$(date +%F)")

    @OptionGroup var farm: FarmOptions
    @Argument(help: "A directory that does not exist yet.") var directory: String

    func run() async throws {
        let manifest = try await FarmBackup(try farm.load(), directory: directory).save(now: .now)
        Terminal.write(
            "Saved \(manifest.builds) builds, \(manifest.runs) runs, \(manifest.traps) traps and \(manifest.logs) logs.\n"
        )
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Load what 'almanac backup' saved into an empty farm.",
        discussion: "Example: almanac restore /backups/almanac-2026-01-31 --data /var/lib/almanac")

    @OptionGroup var farm: FarmOptions
    @Argument(help: "The directory that 'almanac backup' made.") var directory: String

    func run() async throws {
        let manifest = try await FarmBackup(try farm.load(), directory: directory).restore()
        Terminal.write(
            "Restored \(manifest.builds) builds, \(manifest.runs) runs, \(manifest.traps) traps and \(manifest.logs) logs.\n"
        )
    }
}
