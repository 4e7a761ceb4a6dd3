// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Postgres
import PostgresFixture
import Synchronization
import TimeTravel

@testable import Guests

/// The disk of a farm that becomes full: PostgreSQL is on it, and what guests' logs are written to.
final class ChaosDisk: Sendable {
    private let disk: SmallDisk
    let data: DataDirectory
    private let met = Mutex(0)

    init() async throws {
        let user = TestPrograms.serverUser
        disk = try await SmallDisk(
            mebibytes: 160, user: user, script: Self.script, [try TestPrograms.directory(), user ?? ""])
        data = DataDirectory(path: "\(disk.path)/data")
        try data.create()
        try FileManager.default.createDirectory(atPath: "\(data.logs)/0", withIntermediateDirectories: true)
    }

    func end() { disk.end() }

    var configuration: PostgresConfiguration {
        PostgresConfiguration(socketDirectory: disk.directory, database: "postgres", user: "postgres")
    }

    /// A server that is started again whenever it ends, as a service manager does.
    private static let script = #"""
        become=${2:+setpriv --reuid=$2 --regid=$2 --init-groups --}
        mkdir "$disk/postgres"
        [ -z "$2" ] || chown "$2" "$disk/postgres"
        $become "$1/initdb" --pgdata="$disk/postgres" --username=postgres --auth=trust --encoding=UTF8 \
            --locale=C.UTF-8 --wal-segsize=1 --no-sync --no-instructions </dev/null || exit 1
        while :; do
            $become "$1/postgres" -D "$disk/postgres" -k "$directory" -h '' -c fsync=off -c shared_buffers=16MB \
                -c max_connections=40 -c wal_recycle=off -c min_wal_size=2MB -c max_wal_size=16MB </dev/null
            sleep 0.1
        done &
        until "$1/pg_isready" -q -h "$directory" -U postgres; do kill -0 $! || exit 1; sleep 0.1; done
        """#

    /// What a worker sees of the machine: room for a build, or too little.
    var room: WorkerGuard {
        let path = disk.path
        return WorkerGuard(leastDisk: 8 << 20) {
            WorkerGuard.Room(disk: FarmTrouble.freeBytes(path).map(Int.init), memory: nil)
        }
    }

    /// Fills it, and has a guest meet that.
    func strike(_ run: Int64) async throws {
        try disk.fill()
        _ = try await writeLog(of: run)
    }

    /// How many logs could not be written as it was full.
    var failures: Int { met.withLock { $0 } }

    /// Writes a run's log as that of a guest is written.
    func writeLog(of run: Int64) async throws -> BuildLogSummary {
        let path = data.log(ofRun: run)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let log = BuildLog(path: path, limit: 1 << 20)
        var random = SeededRandom(seed: UInt64(run))
        do {
            try await log.append((0..<1 << 16).map { _ in UInt8.random(in: .min ... .max, using: &random) })
            return try await log.finish()
        } catch GuestError.file(let path, let operation, ENOSPC) {
            met.withLock { $0 += 1 }
            throw GuestError.file(path, operation: operation, code: ENOSPC)
        }
    }

    /// Whether logs are whole.
    func check(logs: [String]) async throws {
        for begin in stride(from: 0, to: logs.count, by: 100) {
            try await HostProgram.gzip.run(["-t"] + logs[begin..<min(begin + 100, logs.count)])
        }
    }

    /// Whenever the disk was filled, waits until PostgreSQL has died of it, and makes room again.
    ///
    /// - Returns: how often that was.
    func relieve(whenever requests: AsyncStream<Void>) async throws -> Int {
        var count = 0
        for await _ in requests where disk.isFull {
            defer { disk.free() }
            let (before, deadline) = (try panics(), ContinuousClock.now + .seconds(120))
            while try panics() == before {
                guard ContinuousClock.now < deadline else { throw FixtureError("PostgreSQL does well on a full disk") }
                await writeAhead()
            }
            count += 1
        }
        return count
    }

    private func panics() throws -> Int {
        try String(contentsOfFile: "\(disk.directory)/log", encoding: .utf8).split(separator: "\n")
            .count { $0.contains("PANIC:") && $0.contains("No space left on device") }
    }

    /// Has PostgreSQL write what it must not lose, until it fails.
    private func writeAhead() async {
        // The pool waits while it is started again. That it fails is as it should be: its log says whether that was the disk.
        let pool = PostgresPool(configuration, limits: PostgresPoolLimits(connections: 1, wait: .seconds(120)))
        _ = try? await pool.withConnection { connection in
            for _ in 0..<64 {
                _ = try await connection.query("select pg_logical_emit_message(true, 'full', repeat('x', 100000))")
            }
        }
        await pool.close()
    }
}
