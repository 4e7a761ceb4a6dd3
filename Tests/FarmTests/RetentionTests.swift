// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import Logging
import Postgres
import StoreDaemon
import Synchronization
import Testing
import TimeTravel

@testable import Farm

/// What is given up, and what never is.
@Suite struct RetentionTests {
    /// A farm with a store and a directory of logs, and what it takes for the present.
    private struct Laboratory {
        let farm: FarmFixture
        let data: DataDirectory
        let store: HostStore

        func sweep(years: Int64 = 0) -> RetentionSweep {
            RetentionSweep(
                database: farm.database, store: store, data: data,
                logger: Logger(label: "test") { _ in
                    SwiftLogNoOpLogHandler()
                }
            ) { Instant(seconds: Int64(Date().timeIntervalSince1970) + years * 366 * 86_400) }
        }

        func count(_ query: String) async throws -> Int {
            try #require(try await farm.database.pool.query("select count(*)::int n from \(query)").first).decode("n")
        }

        /// Builds what is queued, with a log for each run; `works` says what succeeds.
        func settle(_ works: (String, Conditions) -> Bool) async throws {
            try await farm.settle(works: works)
            for row in try await farm.database.pool.query("select id from run") {
                let path = data.log(ofRun: try row.decode("id"))
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data("log".utf8).write(to: URL(fileURLWithPath: path))
            }
        }

        func hasLog(_ run: Int64) -> Bool { FileManager.default.fileExists(atPath: data.log(ofRun: run)) }
    }

    /// - Parameter retention: of the jobset, as its file says it.
    private nonisolated(nonsending) func run(
        _ retention: String = "{logs: 30 days, outputs: 30 days, evaluations: 1}",
        _ body: nonisolated(nonsending) (Laboratory) async throws -> Void
    ) async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("retention-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        try await FarmFixture.run(alerts: "retention: \(retention)") { farm in
            let data = DataDirectory(path: root.path)
            try data.create()
            try await body(Laboratory(farm: farm, data: data, store: try HostStore.nix(dataDirectory: root.path)))
        }
    }

    @Test func `outputs and logs of old evaluations go, those of the latest stay`() async throws {
        try await run { laboratory in
            let farm = laboratory.farm
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            #expect(try await laboratory.sweep(years: 9).plan().isEmpty)

            // The next revision has others: the same names under other hashes.
            var other = try FarmFixture.chain(["a", "b", "c", "library", "program"])
            other.removeFirst(3)
            other[0].derivation.inputDerivations = []
            try await farm.evaluate(closure: other, commit: 2)
            try await laboratory.settle { _, _ in true }
            #expect(try await laboratory.sweep().plan().map(\.outputs) == [0])

            let plan = try #require(try await laboratory.sweep(years: 9).plan().first)
            #expect(plan.jobset == "sample" && plan.evaluations == 1 && plan.logs == 2 && plan.outputs == 2)
            let before = try await laboratory.count("run where log_file is not null")
            let done = try #require(try await laboratory.sweep(years: 9)().first)
            #expect(done.evaluations == 1 && done.jobs == 2 && done.logs == 2 && done.outputs == 2)
            #expect(try await laboratory.count("evaluation") == 1)
            #expect(try await laboratory.count("closure") == 1)
            #expect(try await laboratory.count("derivation where freed is not null") == 2)
            #expect(try await laboratory.count("derivation where is_fixed and availability = 'available'") == 1)
            #expect(try await laboratory.count("run where log_file is not null") == before - 2)
            #expect(try await laboratory.count("run") == 4)
            #expect(!laboratory.hasLog(1) && laboratory.hasLog(4))
            #expect(try await laboratory.count("expired_log") == 0)
            #expect(try await farm.database.expiredOutputCount() == 0)
            #expect(try await laboratory.sweep(years: 9)().isEmpty)
            #expect(try await farm.database.pool.query("select * from dangling_references()").isEmpty)
        }
    }

    @Test func `what was given up is built again when something new is built upon it`() async throws {
        try await run { laboratory in
            let farm = laboratory.farm
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            var other = try FarmFixture.chain(["a", "b", "c", "x", "y", "d"])
            other.removeFirst(5)
            other[0].derivation.inputDerivations = []
            try await farm.evaluate(closure: other, commit: 2)
            try await laboratory.settle { _, _ in true }
            _ = try await laboratory.sweep(years: 9)()
            #expect(try await laboratory.count("derivation where freed is not null") == 2)

            // The same again needs nothing; a plugin needs the program, and that the library.
            try await farm.evaluate(["source", "library", "program"], commit: 3)
            #expect(try await farm.states("library") == ["succeeded"])
            try await farm.evaluate(["source", "library", "program", "plugin"], commit: 4)
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.states("program") == ["blocked"])
            #expect(try await farm.states("plugin") == ["blocked"])
            try await laboratory.settle { _, _ in true }
            #expect(try await farm.states("plugin") == ["succeeded"])
            #expect(
                try await laboratory.count("derivation where freed is not null or availability <> 'available'") == 0)
            #expect(try await laboratory.count("build where pending > 0") == 0)
        }
    }

    @Test func `a restart builds what it needs again`() async throws {
        try await run("{outputs: 30 days}") { laboratory in
            let farm = laboratory.farm
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            try await farm.database.remove(jobset: farm.jobset.id)
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [2])
            let program = try #require(try await farm.database.builds(derivation: "program").first)
            _ = try await farm.database.restart(build: program.id, dependents: false)
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.states("program") == ["blocked"])
            try await laboratory.settle { _, _ in true }
            #expect(try await farm.states("program") == ["succeeded"])
        }
    }

    @Test func `for ever is for ever, and every jobset that has it must let go`() async throws {
        try await run("{logs: forever, outputs: forever}") { laboratory in
            try await laboratory.farm.evaluate(["source", "library"])
            try await laboratory.farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            try await laboratory.farm.database.remove(jobset: laboratory.farm.jobset.id)
            #expect(try await laboratory.sweep(years: 900).plan().isEmpty)
        }
    }

    @Test func `a pin and an annotation hold, and letting go of the pin lets go`() async throws {
        try await run("{outputs: 30 days, logs: 30 days}") { laboratory in
            let farm = laboratory.farm
            try await farm.evaluate(["source", "library", "program", "plugin"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            try await farm.database.remove(jobset: farm.jobset.id)
            let program = try #require(try await farm.database.builds(derivation: "program").first)
            #expect(try await farm.database.pin(build: program.id) == 0)
            // The library is what the program is built with.
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [1])
            #expect(try await laboratory.count("derivation where freed is not null and name = 'plugin'") == 1)
            let runs = try await farm.database.pool.query("select id from run where build_id = $1", [program.id])
            #expect(laboratory.hasLog(try #require(runs.first).decode("id")))
            try await farm.database.unpin(build: program.id)
            _ = try await farm.database.pool.query(
                "insert into annotation (package, origin, date) values ('library', 'person', '2019-01-01Z')")
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [1])
            #expect(try await laboratory.count("derivation where freed is null and name = 'library'") == 1)
            #expect(try await laboratory.count("derivation where freed is not null and name = 'program'") == 1)
        }
    }

    @Test func `a pin has what was given up built again, and keeps it`() async throws {
        try await run("{outputs: 30 days}") { laboratory in
            let farm = laboratory.farm
            try await farm.evaluate(["source", "tool", "library", "program", "plugin"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            try await farm.database.remove(jobset: farm.jobset.id)
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [4])
            let program = try #require(try await farm.database.builds(derivation: "program").first)
            #expect(try await farm.database.pin(build: program.id) == 3)
            #expect(try await farm.database.pin(build: program.id) == 0)
            #expect(try await farm.states("tool") == ["ready"])
            #expect(try await farm.states("library") == ["blocked"])
            #expect(try await farm.states("program") == ["blocked"])
            #expect(try await farm.states("plugin") == ["succeeded"])
            try await laboratory.settle { _, _ in true }
            #expect(try await laboratory.count("derivation where availability = 'wanted' and name <> 'plugin'") == 0)
            #expect(try await laboratory.count("run where outcome is distinct from 'succeeded'") == 0)

            // Of the tool nothing is held: the library, which was built with it, is there.
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [1])
            #expect(
                try await laboratory.count("derivation where freed is null and name in ('library', 'program')") == 2)
            try await farm.database.unpin(build: program.id)
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [2])
            #expect(try await farm.database.pin(build: 99) == nil)
            try await laboratory.settle { _, _ in true }
            #expect(try await laboratory.count("build where pending > 0 and state <> 'succeeded'") == 0)
        }
    }

    @Test func `what a pinned build is built with is built again where only that is gone`() async throws {
        try await run("{outputs: 30 days}") { laboratory in
            let farm = laboratory.farm
            try await farm.evaluate(["source", "library", "program", "plugin"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            try await farm.database.remove(jobset: farm.jobset.id)
            // The program's outputs are held by an annotation of the plugin, the library's by nothing.
            _ = try await farm.database.pool.query(
                "insert into annotation (package, origin, date) values ('plugin', 'person', '2019-01-01Z')")
            #expect(try await laboratory.sweep(years: 9)().map(\.outputs) == [1])
            let program = try #require(try await farm.database.builds(derivation: "program").first)
            #expect(try await farm.database.pin(build: program.id) == 1)
            #expect(try await farm.states("library") == ["ready"])
            #expect(try await farm.states("program") == ["succeeded"])
        }
    }

    @Test func `outputs are deleted from the store, but for what something that stays refers to`() async throws {
        try await run("{outputs: 30 days}") { laboratory in
            let farm = laboratory.farm
            let paths = try await laboratory.store.withConnection { connection in
                let low = try await connection.addText(Array("low".utf8), name: "low")
                let high = try await connection.addText(Array("high \(low)".utf8), name: "high", references: [low])
                return [low, high, try await connection.addText(Array("alone".utf8), name: "alone")]
            }
            let outputs = paths.map(\.baseName)
            try await farm.evaluate(["source", "low", "high", "alone"])
            try await farm.fetchSource()
            try await laboratory.settle { _, _ in true }
            for (name, path) in zip(["low", "high", "alone"], outputs) {
                _ = try await farm.database.pool.query(
                    "update derivation set output_paths = array[$2] where name = $1", [name, path])
            }
            try await farm.database.remove(jobset: farm.jobset.id)
            // What is kept of 'high' keeps 'low' in the store, though nothing else wants it.
            _ = try await farm.database.pool.query("update derivation set inputs = '{}' where name = 'high'")
            _ = try await farm.database.pool.query("delete from derivation_user")
            let high = try #require(try await farm.database.builds(derivation: "high").first)
            _ = try await farm.database.pin(build: high.id)
            let plan = try #require(try await laboratory.sweep(years: 9).plan().first)
            #expect(plan.outputs == 2 && plan.outputBytes > 0)
            _ = try await laboratory.sweep(years: 9)()
            let valid = try await laboratory.store.withConnection { try await $0.allValidPaths() }
            #expect(valid == [paths[0], paths[1]])
            #expect(try await farm.database.expiredOutputCount() == 1)

            try await farm.database.unpin(build: high.id)
            _ = try await laboratory.sweep(years: 9)()
            _ = try await laboratory.sweep(years: 9)()
            #expect(try await laboratory.store.withConnection { try await $0.allValidPaths() } == [])
            #expect(try await farm.database.expiredOutputCount() == 0)
        }
    }

    @Test
    func `a night's sweep is made once, also by the server that runs again after it, or whose clock was put back`()
        async throws
    {
        try await FarmFixture.run { farm in
            let present = Counter()
            let sweeps = Counter()
            let round = RetentionRound(
                database: farm.database, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                now: { FarmFixture.start + Int64(present.value) }
            ) {
                sweeps.add(1)
                return []
            }
            for (hours, expected) in [(2, 1), (2, 1), (4, 2), (26, 2), (28, 3), (200, 4), (201, 4), (30, 5), (31, 5)] {
                present.set(hours * 3_600)
                try await round()
                #expect(sweeps.value == expected, "after \(hours) hours")
            }
        }
    }

    /// Whatever is built, pinned and evaluated: all that a trap rests on is there after any sweep.
    @Test(arguments: 1...3) func `nothing that a trap rests on ever goes`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let names = (0..<12).map { "p\($0)" }
        let trapped = Set(names.dropFirst().filter { _ in Int.random(in: 0..<4, using: &random) == 0 } + ["p5"])
        let edge = CivilDate(firstOf: 2050).start
        try await run("{logs: 1 day, outputs: 1 day, evaluations: 1}") { laboratory in
            let farm = laboratory.farm
            for commit in 1...4 {
                let count = Int.random(in: 7...12, using: &random)
                try await farm.evaluate(Array(names.prefix(count)), commit: commit)
                for source in try await farm.database.claimSources(count: 9) {
                    try await farm.database.sourceAvailable(source.derivation, from: "here")
                }
                try await laboratory.settle { path, conditions in
                    !trapped.contains { path.hasSuffix("-\($0).drv") } || conditions.date < edge
                }
                if Bool.random(using: &random) {
                    _ = try await farm.database.pool.query(
                        """
                        update build b set pinned = (b.id * 31 + $1) % 5 = 0 and not exists (
                          select from derivation d where d.id = b.derivation_id and d.freed is not null)
                        """, [Int(seed)])
                }
                if Bool.random(using: &random) { try await farm.database.remove(jobset: farm.jobset.id) }
                _ = try await laboratory.sweep(years: 9)()
                try await check(laboratory, "seed \(seed), commit \(commit)")
                _ = try await farm.database.store([farm.jobset.description], now: FarmFixture.start)
                _ = try await farm.database.pool.query("update jobset set wanted = null")
            }
            #expect(try await laboratory.count("trap") > 0)
        }
    }

    private func check(_ laboratory: Laboratory, _ place: String) async throws {
        for row in try await laboratory.farm.database.pool.query("select unnest(runs) run from trap") {
            let run: Int64 = try row.decode("run")
            #expect(laboratory.hasLog(run), "\(place): the log of run \(run)")
        }
        let lost = try await laboratory.count(
            """
            trap t join derivation d on d.id = t.derivation_id
            where d.freed is not null
               or exists (select from derivation i where i.id = any(d.inputs) and i.availability <> 'available')
               or not exists (select from job j where j.derivation_id = d.id)
               or not exists (select from evaluation_derivation m where m.derivations @> array[d.id])
               or exists (select from run r where r.id = any(t.runs) and r.log_file is null)
            """)
        #expect(lost == 0, "\(place)")
        let unpinned = try await laboratory.count(
            "build b join derivation d on d.id = b.derivation_id where b.pinned and d.freed is not null")
        #expect(unpinned == 0, "\(place)")
        #expect(
            try await laboratory.farm.database.pool.query("select * from dangling_references()").isEmpty, "\(place)")
    }
}

private final class Counter: Sendable {
    private let state = Mutex(0)

    var value: Int { state.withLock { $0 } }

    func set(_ value: Int) { state.withLock { $0 = value } }

    func add(_ more: Int) { state.withLock { $0 += more } }
}
