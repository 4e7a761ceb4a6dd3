// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import Glibc

/// A store's database that says of a closure, and of nothing else, that it is valid.
///
/// Placed in a guest whose store shares the closure's files, it makes the inputs of a build valid there without
/// copying any. Source of the schemas: databases that Nix 2.8 and Guix's daemon made.
package struct GuestDatabase {
    private let engine: StoreEngine
    private let closure: [PathInfo]

    /// - Parameter closure: closed under references.
    package init(engine: StoreEngine, closure: [PathInfo]) {
        self.engine = engine
        self.closure = closure
    }

    /// Writes `db.sqlite` and `schema` into an existing directory, which becomes the guest's `db` directory
    /// (`/nix/var/nix/db`, `/var/guix/db`). A database that is there already is replaced.
    ///
    /// - Parameter derivation: reads a `.drv` of the closure, for the table of outputs.
    /// - Throws: `StoreDaemonError.notValid` for a reference outside the closure, `.database` or `.file`.
    package func write(to directory: String, derivation: (StorePath) throws -> Derivation) throws {
        let file = "\(directory)/db.sqlite"
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(file + suffix) }
        let database = try SQLiteDatabase(creating: file)
        try database.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN;\n" + schema)
        let numbers = try insertPaths(into: database)
        try insertReferences(into: database, numbers)
        try insertOutputs(into: database, numbers, derivation: derivation)
        try database.run("COMMIT;")
        try writeVersion(to: "\(directory)/schema")
    }

    private func insertPaths(into database: SQLiteDatabase) throws -> [StorePath: Int64] {
        let common = "path, hash, registrationTime, deriver, narSize"
        let insert = try database.prepare(
            engine == .nix
                ? "INSERT INTO ValidPaths (\(common), ultimate, sigs, ca) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                : "INSERT INTO ValidPaths (\(common)) VALUES (?, ?, ?, ?, ?)")
        var numbers: [StorePath: Int64] = [:]
        for info in closure {
            var values: [SQLiteValue] = [
                .text(info.path.description), .text("sha256:\(info.narHash.base16)"),
                .integer(max(1, info.registrationTime)),
                info.deriver.map { .text($0.description) } ?? .null, .integer(Int64(clamping: info.narSize)),
            ]
            if engine == .nix {
                values.append(info.isUltimate ? .integer(1) : .null)
                values.append(info.signatures.isEmpty ? .null : .text(info.signatures.joined(separator: " ")))
                values.append(info.contentAddress.map { .text($0) } ?? .null)
            }
            try insert.run(values)
            numbers[info.path] = database.lastNumber
        }
        return numbers
    }

    private func insertReferences(into database: SQLiteDatabase, _ numbers: [StorePath: Int64]) throws {
        let insert = try database.prepare("INSERT INTO Refs (referrer, reference) VALUES (?, ?)")
        for info in closure {
            for reference in info.references {
                guard let referrer = numbers[info.path], let number = numbers[reference] else {
                    throw StoreDaemonError.notValid(reference)
                }
                try insert.run([.integer(referrer), .integer(number)])
            }
        }
    }

    private func insertOutputs(
        into database: SQLiteDatabase, _ numbers: [StorePath: Int64], derivation: (StorePath) throws -> Derivation
    ) throws {
        let insert = try database.prepare("INSERT INTO DerivationOutputs (drv, id, path) VALUES (?, ?, ?)")
        for info in closure where info.path.isDerivation {
            guard let number = numbers[info.path] else { continue }
            for output in try derivation(info.path).outputs {
                guard let path = output.path else { continue }
                try insert.run([.integer(number), .text(output.name), .text(path.description)])
            }
        }
    }

    private func writeVersion(to path: String) throws(StoreDaemonError) {
        let text = Array((engine == .nix ? "10" : "7").utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .file(path: path, operation: "creating", code: errno) }
        defer { close(file) }
        guard Glibc.write(file, text, text.count) == text.count else {
            throw .file(path: path, operation: "writing", code: errno)
        }
    }

    private var schema: String {
        """
        CREATE TABLE ValidPaths (
            id               integer primary key autoincrement not null,
            path             text unique not null,
            hash             text not null,
            registrationTime integer not null,
            deriver          text,
            narSize          integer\(engine == .nix ? ", ultimate integer, sigs text, ca text" : "")
        );
        CREATE TABLE Refs (
            referrer  integer not null,
            reference integer not null,
            primary key (referrer, reference),
            foreign key (referrer) references ValidPaths(id) on delete cascade,
            foreign key (reference) references ValidPaths(id) on delete restrict
        );
        CREATE INDEX IndexReferrer on Refs(referrer);
        CREATE INDEX IndexReference on Refs(reference);
        CREATE TRIGGER DeleteSelfRefs before delete on ValidPaths
          begin
            delete from Refs where referrer = old.id and reference = old.id;
          end;
        CREATE TABLE DerivationOutputs (
            drv  integer not null,
            id   text not null,
            path text not null,
            primary key (drv, id),
            foreign key (drv) references ValidPaths(id) on delete cascade
        );
        CREATE INDEX IndexDerivationOutputs on DerivationOutputs(path);
        \(engine == .guix ? "CREATE TABLE FailedPaths (path text primary key not null, time integer not null);" : "")
        """
    }
}

extension HostStore {
    /// Writes the database that makes exactly `closure` valid in a guest of this store's engine.
    ///
    /// - Parameters:
    ///   - closure: as `closure(of:)` gives it.
    ///   - directory: made if missing; it becomes the guest's `db` directory.
    package func guestDatabase(closure: [PathInfo], at directory: String) throws {
        if mkdir(directory, 0o755) != 0 && errno != EEXIST {
            throw StoreDaemonError.file(path: directory, operation: "making", code: errno)
        }
        try GuestDatabase(engine: engine, closure: closure).write(to: directory) { try derivation(at: $0) }
    }
}
