// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Logging
import Postgres
import Testing
import TimeTravel

@testable import Farm
@testable import Guests

/// What is removed of workers that never come back, and what is not.
@Suite struct LeftoverSweepTests {
    private struct Laboratory {
        let farm: FarmFixture
        let data: DataDirectory

        /// Sweeps so many hours from now, by the server's clock; the database's is not touched.
        func sweep(hours: Int64 = 0) async throws {
            let present = Instant(seconds: Int64(Date().timeIntervalSince1970)) + hours * 3_600
            try await LeftoverSweep(
                database: farm.database, data: data,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { present })()
        }

        func make(_ path: String, days: Double = 0) throws {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: path)
        }

        /// Files of a run's guest, of a process of another host unless told otherwise.
        func makeGuest(
            _ name: String, owner: GuestOwner = GuestOwner(process: 1, started: "1", boot: "b", host: "elsewhere")
        ) throws {
            let files = GuestFiles(directory: "\(data.runs)/\(name)")
            try make(files.scratch)
            try make(files.console)
            try owner.write(to: files)
        }

        func change(_ statement: String) async throws {
            _ = try await farm.database.pool.query(statement)
        }

        var runs: Set<String> {
            get throws { Set(try FileManager.default.contentsOfDirectory(atPath: data.runs)) }
        }
    }

    private nonisolated(nonsending) func run(
        _ body: nonisolated(nonsending) (Laboratory) async throws -> Void
    ) async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("leftovers-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        try await FarmFixture.run { farm in
            let data = DataDirectory(path: root.path)
            try data.create()
            try await body(Laboratory(farm: farm, data: data))
        }
    }

    /// A day and the six hours that a build of the fixture's jobset may take.
    private static let age = 30

    @Test func `guests of workers that are long gone go, and no others`() async throws {
        try await run { laboratory in
            let farm = laboratory.farm
            var closure = try FarmFixture.chain(["source"] + (1...7).map { "package-\($0)" })
            for index in closure.indices { closure[index].derivation.inputDerivations = [] }
            try await farm.evaluate(closure: closure)
            var claims: [ClaimedBuild] = []
            for number in 1...7 {
                let worker = try await farm.database.registerWorker(
                    WorkerOffer(name: "worker-\(number)", host: "elsewhere", capacity: 1))
                claims += try await farm.database.claim(worker: worker, count: 1)
                if number != 3, number != 4 { try await farm.database.retire(worker: worker) }
            }
            try await farm.finish(claims[2], .succeeded)
            // 1 and 7: gone for long. 2: not long enough. 3: its worker lives. 4: it is still at it. 5: closed lately.
            // 6: gone for long as well, but its process is this one.
            try await laboratory.change("alter table run disable trigger user")
            try await laboratory.change(
                """
                update run set finished = clock_timestamp() - make_interval(hours => \(Self.age + 1))
                where outcome is not null and id <> \(claims[4].run)
                """)
            try await laboratory.change("alter table run enable trigger user")
            try await laboratory.change(
                """
                update worker set heartbeat = clock_timestamp() - make_interval(hours =>
                  case when name = 'worker-2' then \(Self.age - 1) else \(Self.age + 1) end) where name <> 'worker-3'
                """)
            for (number, claim) in claims.enumerated() where number != 5 { try laboratory.makeGuest("\(claim.run)") }
            try laboratory.makeGuest("\(claims[5].run)", owner: try GuestOwner.current())
            try laboratory.makeGuest("reproduce-1-abc")
            try laboratory.makeGuest("4711")
            let before = try laboratory.runs
            #expect(before.count == 9)
            try await laboratory.sweep()
            #expect(try before.subtracting(laboratory.runs) == ["\(claims[0].run)", "\(claims[6].run)"])
            // Once an hour.
            try laboratory.makeGuest("\(claims[0].run)")
            try await laboratory.sweep()
            #expect(try laboratory.runs.contains("\(claims[0].run)"))
            try await laboratory.sweep(hours: 2)
            #expect(try !laboratory.runs.contains("\(claims[0].run)"))
        }
    }

    @Test func `a jobset whose builds take long has its guests waited for`() async throws {
        try await run { laboratory in
            let farm = laboratory.farm
            let day = Int64(86_400)
            #expect(try await farm.database.longestBuildTime() == day / 4)
            _ = try await farm.database.pool.query(
                "update jobset set description = jsonb_set(description, '{limits,buildTime}', '\"3 days\"')")
            #expect(try await farm.database.longestBuildTime() == 3 * day)
        }
    }

    @Test func `what jobs had to say is kept for a while, and while they live`() async throws {
        try await run { laboratory in
            let data = laboratory.data
            for (job, state) in [("5_0", "active"), ("6", "gone")] {
                let worker = try await laboratory.farm.database.registerWorker(
                    WorkerOffer(name: "slurm-\(job)", host: "elsewhere", capacity: 1, job: job))
                if state == "gone" { try await laboratory.farm.database.retire(worker: worker) }
            }
            let files: [(String, Double)] = [
                ("\(data.workers)/slurm-5_0.log", 20), ("\(data.workers)/slurm-6.log", 20),
                ("\(data.workers)/slurm-7_1.log", 13), ("\(data.workers)/job.sh", 20), ("\(data.workers)/notes", 20),
                ("\(data.path)/worker-slurm-5_0.lock", 20), ("\(data.path)/worker-slurm-6.lock", 20),
                ("\(data.path)/worker-two.lock", 20), ("\(data.path)/server.lock", 20),
            ]
            for (path, days) in files { try laboratory.make(path, days: days) }
            try await laboratory.sweep()
            let left = files.map(\.0).filter { FileManager.default.fileExists(atPath: $0) }
            #expect(left == [0, 2, 3, 4, 5, 7, 8].map { files[$0].0 })
        }
    }

    @Test func `of what many jobs had to say the newest is kept`() async throws {
        try await run { laboratory in
            let workers = laboratory.data.workers
            let count = LeftoverSweep.mostLogs
            for number in 0..<count + 5 {
                try laboratory.make("\(workers)/slurm-\(number).log", days: 5 - Double(number) / Double(count))
            }
            try await laboratory.sweep()
            let names = try FileManager.default.contentsOfDirectory(atPath: workers)
            #expect(names.count == count && !names.contains("slurm-4.log") && names.contains("slurm-5.log"))
            // Jobs that have just begun may have no worker yet.
            for name in names + ["slurm-8000.log"] { try laboratory.make("\(workers)/\(name)", days: -2 / 24) }
            try await laboratory.sweep(hours: 2)
            #expect(try FileManager.default.contentsOfDirectory(atPath: workers).count == count + 1)
        }
    }
}
