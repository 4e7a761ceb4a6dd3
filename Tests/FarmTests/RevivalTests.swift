// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import Postgres
import Revival
import Sources
import StoreDaemon
import Testing
import TimeTravel

@testable import Farm

/// Whole revivals: a channel evaluated by Debian's Nix, servers of our own, and guests that the test plays.
@Suite(.enabled(if: RevivalScene.isPossible, "needs nix-bin, git and python3")) struct RevivalTests {
    private let usual = Conditions(
        date: CivilDate(firstOf: 2019).start, cpu: .westmere, kernel: .simulated,
        cores: 1)

    private func withScene(_ body: (RevivalScene, FarmFixture) async throws -> Void) async throws {
        try await FarmFixture.run { farm in
            let scene = try RevivalScene()
            defer { scene.end() }
            try await body(scene, farm)
        }
    }

    private func revival(_ scene: RevivalScene, _ packages: [String]) async throws -> (Reviver, EnvironmentRevival) {
        let reviver = try scene.reviver()
        let revision = try await reviver.evaluate(try scene.request(packages))
        let environment = try RevivalEnvironment(revision, in: reviver.store)
        return (reviver, try await EnvironmentRevival(environment, reviver))
    }

    private func derivation(_ name: String, of revival: EnvironmentRevival) throws -> StorePath {
        try #require(revival.environment.closure.first { $0.path.name == "\(name).drv" }).path
    }

    /// Builds whatever the farm hands out; what is named fails.
    private func build(
        _ revival: inout EnvironmentRevival, _ reviver: Reviver, _ scene: RevivalScene, _ farm: FarmFixture,
        failing: Set<String> = [], again: Bool = false, interruptedAfter limit: Int = .max
    ) async throws -> (failures: [RevivalFailure], built: [String: Conditions]) {
        var built: [String: Conditions] = [:]
        let plan = EnvironmentRevival.BuildPlan(
            jobset: try scene.request(revival.environment.names).jobset, usual: usual, again: again)
        let failures = try await revival.build(plan, in: farm.database, now: FarmFixture.start) {
            for claim in try await farm.database.claim(worker: farm.worker, count: 8) {
                let name = String(claim.derivationPath.dropFirst(33).dropLast(4))
                if built.count >= limit { throw CancellationError() }
                built[name] = claim.conditions
                if !failing.contains(name) { try await scene.make(claim, in: reviver.store) }
                try await farm.finish(claim, failing.contains(name) ? .failed : .succeeded)
            }
        }
        return (failures, built)
    }

    @Test func `the report tells of each source that is needed where it is to be had, and of no other`() async throws {
        try await withScene { scene, _ in
            var (reviver, revival) = try await revival(scene, ["tool", "other"])
            defer { reviver.close() }
            let offered = try derivation("offered-1", of: revival)
            try scene.offer(try #require(reviver.store.derivation(at: offered).outputs[0].path), "offered\n")
            let sources = try await revival.survey()
            #expect(sources.map(\.name) == ["gone.tar", "good.tar", "mirrored.tar", "wrong.tar"])
            // What is served under the right address is believed until it is fetched.
            #expect(sources.map(\.state) == [.lost, .available, .available, .available])
            #expect(sources.map(\.place) == [nil, "original", "content-addressed", "original"])
            #expect(sources.map(\.neededBy) == [["other"], ["tool", "other"], ["tool", "other"], ["other"]])
            #expect(sources[0].tried.map(\.place) == ["substitute", "original", "content-addressed"])
            #expect(sources[2].tried.map(\.answer) == [.absent, .silent, .present])
            let outline = revival.plan.outline()
            #expect(outline.substitutes.map(\.name) == ["offered-1"])
            #expect(outline.builds.map(\.name) == ["library-1.0.drv", "tool-2.0.drv", "other-3.0.drv"])
            // Nothing was fetched.
            #expect(try await !reviver.store.isValid(outline.substitutes[0]))
        }
    }

    @Test func `what can be had is fetched and built, what is lost is listed exactly, and the rest goes on later`()
        async throws
    {
        try await withScene { scene, farm in
            let packages = ["above", "other", "tool"]
            var (reviver, revival) = try await revival(scene, packages)
            defer { reviver.close() }
            let offered = try derivation("offered-1", of: revival)
            try scene.offer(try #require(reviver.store.derivation(at: offered).outputs[0].path), "offered\n")
            try await revival.fetch()
            #expect(revival.missingSources.map(\.name) == ["gone.tar", "wrong.tar"])
            #expect(revival.missingSources.allSatisfy { $0.state == .lost && $0.neededBy == ["other"] })
            let wrong = revival.missingSources[1]
            #expect(wrong.tried.contains { $0.address.hasSuffix("wrong.tar") && $0.reason.contains("has the hash") })

            _ = try await farm.database.pool.query(
                """
                insert into annotation (package, version, origin, date)
                values ('tool', '2.0', 'person', '2015-05-05 00:00:00+00'), ('library', '9', 'person', '2001-01-01')
                """)
            let first = try await build(&revival, reviver, scene, farm, failing: ["broken-4.0"])
            #expect(Set(first.built.keys) == ["library-1.0", "broken-4.0", "tool-2.0"])
            #expect(
                first.built["library-1.0"] == usual && first.built["tool-2.0"]?.date == Instant("2015-05-05T00:00:00Z"))
            #expect(first.failures.map(\.derivation) == [try derivation("broken-4.0", of: revival).description])
            #expect(first.failures.first?.annotation == nil && first.failures.first?.isUnderInvestigation == true)
            let outline = revival.plan.outline()
            #expect(outline.blocked.map(\.name) == ["above-5.0.drv", "other-3.0.drv"])
            #expect(outline.lostRoots.map { revival.environment.names[$0] } == ["above", "other"])
            #expect(outline.builds.isEmpty && !outline.isComplete)

            // The lost sources turn up, the broken build works after all, and the channel is gone: it goes on from there.
            try scene.run("git -C channel rev-parse HEAD > commit; rm -rf channel")
            try scene.serve(RevivalScene.gone, at: "gone.tar")
            try scene.serve(RevivalScene.wrong, at: "wrong.tar")
            var (again, resumed) = try await self.revival(scene, packages)
            defer { again.close() }
            try await resumed.fetch()
            #expect(resumed.missingSources.isEmpty)
            let second = try await build(&resumed, again, scene, farm, again: true)
            #expect(Set(second.built.keys) == ["broken-4.0", "above-5.0", "other-3.0"])
            #expect(second.failures.isEmpty && resumed.plan.outline().isComplete)

            let link = "\(scene.folder)/profile"
            try await again.link(resumed.environment.rootOutputs[0], at: link)
            let roots = try await again.store.withConnection { try await $0.roots() }
            #expect(roots.contains { $0.path == resumed.environment.rootOutputs[0] })
            try "mine".write(toFile: "\(scene.folder)/file", atomically: true, encoding: .utf8)
            await #expect(throws: RevivalError.self) {
                try await again.link(resumed.environment.rootOutputs[0], at: "\(scene.folder)/file")
            }
        }
    }

    @Test func `a revival that was interrupted in the middle of building makes nothing twice`() async throws {
        try await withScene { scene, farm in
            var (reviver, revival) = try await revival(scene, ["library", "broken"])
            defer { reviver.close() }
            try await revival.fetch()
            await #expect(throws: CancellationError.self) {
                _ = try await build(&revival, reviver, scene, farm, interruptedAfter: 1)
            }
            // The worker that was at the other one is gone with the server.
            try await farm.database.retire(worker: farm.worker)
            _ = try await farm.database.heartbeat(worker: farm.worker)
            var (again, resumed) = try await self.revival(scene, ["library", "broken"])
            defer { again.close() }
            try await resumed.fetch()
            let second = try await build(&resumed, again, scene, farm)
            #expect(second.built.count == 1 && second.failures.isEmpty)
            #expect(resumed.plan.outline().isComplete)
        }
    }

    @Test func `a server that offers another's bytes is told of, and the build is made`() async throws {
        try await withScene { scene, farm in
            try scene.serve(RevivalScene.never, at: "never.tar")
            var (reviver, revival) = try await revival(scene, ["offered"])
            defer { reviver.close() }
            let output = try #require(
                reviver.store.derivation(at: try derivation("offered-1", of: revival)).outputs[0].path)
            try scene.offer(output, "offered\n")
            try Data("rubbish".utf8).write(to: URL(fileURLWithPath: "\(scene.folder)/served/\(output.digest).nar"))
            try await revival.fetch()
            #expect(revival.problems.keys.contains { $0.contains("offered-1") && $0.contains("has hash") })
            #expect(revival.plan.outline().builds.map(\.name) == ["offered-1.drv"])
            #expect(try await build(&revival, reviver, scene, farm).built.count == 1)
            #expect(revival.plan.outline().isComplete)
        }
    }

    @Test
    func `builds of a revival prove nothing sound, and its sources are the farm's only where a jobset wants them`()
        async throws
    {
        try await withScene { scene, farm in
            var (reviver, revival) = try await revival(scene, ["library", "other"])
            defer { reviver.close() }
            try await revival.fetch()
            _ = try await build(&revival, reviver, scene, farm)
            let wanted = "select count(*) n from source where state = 'wanted'"
            #expect(try await farm.database.pool.query(wanted).first?.decode("n", as: Int.self) == 0)
            let sound = "select count(*) n from derivation where verdict = 'sound'"
            #expect(try await farm.database.pool.query(sound).first?.decode("n", as: Int.self) == 0)
            #expect(try await farm.states("library-1.0") == ["succeeded"])

            // A jobset screens the same packages: its sources are wanted now, and a build under these conditions is one.
            let revisions = try await farm.database.store(
                revisions: [(String(repeating: "e", count: 40), FarmFixture.start, "same")],
                channel: farm.jobset.channel)
            _ = try await farm.database.queueEvaluations(jobset: farm.jobset, revisions: revisions, cause: "loaded")
            let evaluation = try #require(try await farm.database.startEvaluation())
            _ = try await farm.database.ingest(
                IngestBatch(closure: revival.environment.closure, isAvailable: { _ in false }), jobs: [],
                evaluation: evaluation, screening: [usual], priority: 0)
            #expect(try await farm.database.pool.query(wanted).first?.decode("n", as: Int.self) == 2)
            #expect(try await farm.database.pool.query(sound).first?.decode("n", as: Int.self) == 1)
            #expect(try await farm.database.pool.query("select * from dangling_references()").isEmpty)
        }
    }

    @Test func `an environment none of whose packages evaluates says why`() async throws {
        try await withScene { scene, _ in
            let reviver = try scene.reviver()
            defer { reviver.close() }
            await #expect(throws: RevivalError.self) {
                _ = try await reviver.evaluate(try scene.request(["tol"]))
            }
        }
    }
}

@Suite struct RevivalConditionsTests {
    private func annotation(
        _ id: Int, _ package: String, _ version: String?, derivation: String? = nil, origin: String = "measured"
    ) -> AnnotationRecord {
        AnnotationRecord(
            id: id, package: package, version: version, derivation: derivation, origin: origin,
            conditions: Annotation(date: Instant(seconds: Int64(id))), note: "", created: FarmFixture.start)
    }

    @Test func `the nearest annotation counts, and a person's before a measured one`() throws {
        let usual = try #require(Conditions("2019-01-01T00:00:00Z x86-64-v1 6.1.0-test-amd64 1"))
        let path = try StorePath(.guix, baseName: "\(FarmFixture.hash(1))-r-flowcore-1.52.1.drv")
        let own = path.baseName
        func choice(_ records: [AnnotationRecord]) -> Int? {
            RevivalConditions(usual: usual, annotations: records).order(for: path).annotation
        }
        #expect(choice([]) == nil)
        #expect(choice([annotation(9, "r-flowcore", "1.52.2"), annotation(8, "r-flow", nil)]) == nil)
        #expect(choice([annotation(9, "r-flowcore", nil)]) == 9)
        #expect(choice([annotation(9, "r-flowcore", nil), annotation(3, "r-flowcore", "1.52.1")]) == 3)
        #expect(choice([annotation(9, "r-flowcore", "1.52.1"), annotation(3, "x", "1", derivation: own)]) == 3)
        let said = annotation(2, "x", "1", derivation: own, origin: "person")
        #expect(choice([annotation(9, "x", "1", derivation: own), said]) == 2)
        var refuted = said
        refuted.check = AnnotationCheck(build: 1, result: .refuted)
        #expect(choice([annotation(9, "x", "1", derivation: own), refuted]) == 9)
        let order = RevivalConditions(usual: usual, annotations: [said]).order(for: path)
        #expect(order.conditions.date == Instant(seconds: 2) && order.conditions.cpu == usual.cpu)
    }
}
