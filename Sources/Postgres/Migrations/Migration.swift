// SPDX-License-Identifier: GPL-3.0-or-later

/// One forward step of a database's schema.
package struct Migration: Sendable, Hashable {
    /// From 1, ascending.
    package let version: Int
    package let name: String
    /// A script, run in one transaction.
    package let sql: String

    package init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

/// Why the schema was not brought up to date; nothing was changed by the step that failed.
package enum MigrationError: Error, Equatable {
    /// The list handed over is not in ascending order from 1 on.
    case unordered(version: Int)
    /// The database went through a migration after the last one of this program.
    case databaseIsNewer(version: Int, name: String, newestKnown: Int)
    /// The database went through a migration that this program does not have, though it has later ones.
    case unknown(version: Int, name: String)
    /// A migration's text is another than when it was applied.
    case changed(version: Int, name: String)
    /// A migration comes before one that was applied already.
    case late(version: Int, name: String, applied: Int)
    /// A migration's script ended its transaction itself.
    case endedTransaction(version: Int, name: String)
    /// PostgreSQL refused a migration.
    case failed(version: Int, name: String, PostgresError)
    /// Another process is migrating, for longer than was to be waited.
    case lockWaitTimedOut
}

extension MigrationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unordered(let version):
            "Migration \(version) is out of order: versions ascend from 1, each once."
        case .databaseIsNewer(let version, let name, let newestKnown):
            "The database has migration \(version) (\(name)), this program knows none after \(newestKnown): it was "
                + "used with a newer version. Install that version or a later one, or restore a backup made before "
                + "the upgrade."
        case .unknown(let version, let name):
            "The database has migration \(version) (\(name)), which this program lacks though it has later ones: it "
                + "was used with another line of versions. Use a program of that line, or another database."
        case .changed(let version, let name):
            "Migration \(version) (\(name)) was changed after it had been applied to this database. Restore its "
                + "original text and put the change into a new migration."
        case .late(let version, let name, let applied):
            "Migration \(version) (\(name)) was never applied, but the later \(applied) was. Give it a number above "
                + "\(applied)."
        case .endedTransaction(let version, let name):
            "Migration \(version) (\(name)) ends its own transaction. Remove COMMIT and ROLLBACK from it."
        case .failed(let version, let name, let error):
            "Migration \(version) (\(name)) failed and was rolled back. \(error)"
        case .lockWaitTimedOut:
            "Another process has been migrating the database for too long. Wait for it to end, or end it, and try "
                + "again."
        }
    }
}
