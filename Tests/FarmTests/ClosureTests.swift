// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Postgres
import Testing
import TimeTravel

/// What evaluations have in common, and what is lost above what cannot be had.
@Suite struct ClosureTests {
    private func count(_ farm: FarmFixture, _ query: String) async throws -> Int {
        try #require(try await farm.database.pool.query("select count(*)::int n from \(query)").first).decode("n")
    }

    /// Takes in the chain again under other conditions.
    private func ingest(
        _ farm: FarmFixture, _ names: [String], commit: Int, screening: [Conditions]
    ) async throws -> IngestResult {
        let revision = try await farm.database.store(
            revisions: [(String(repeating: "\(commit)", count: 40), FarmFixture.start, "")],
            channel: farm.jobset.channel)
        _ = try await farm.database.queueEvaluations(jobset: farm.jobset, revisions: revision, cause: "manual")
        let evaluation = try #require(try await farm.database.startEvaluation())
        return try await farm.database.ingest(
            IngestBatch(closure: try FarmFixture.chain(names), isAvailable: { _ in false }), jobs: [],
            evaluation: evaluation, screening: screening, priority: 0)
    }

    @Test func `evaluations with the same derivations share one closure, whatever their order`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            let again = try await farm.evaluate(["source", "library", "program"], commit: 2)
            #expect(again.knownDerivations == 3 && again.newDerivations == 0 && again.newBuilds == 0)
            #expect(try await count(farm, "closure") == 1)
            #expect(try await count(farm, "evaluation_derivation where cardinality(derivations) = 3") == 2)
            #expect(try await count(farm, "job where evaluation_id = 2") == 2)

            let more = try await farm.evaluate(["source", "library", "program", "plugin"], commit: 3)
            #expect(more.knownDerivations == 3 && more.newDerivations == 1 && more.newBuilds == 1)
            #expect(try await count(farm, "closure") == 2)

            let chain = try FarmFixture.chain(["source", "library"])
            let digests = [chain, chain.reversed()].map { IngestBatch(closure: $0, isAvailable: { _ in false }).digest }
            #expect(digests[0] == digests[1])
        }
    }

    @Test func `the digest is the one the database makes of the hashes`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program", "plugin"])
            #expect(
                try await count(
                    farm,
                    """
                    closure c where digest = sha256((select string_agg(d.hash, ''::bytea order by d.hash)
                                                     from derivation d where d.id = any(c.derivations)))
                    """) == 1)
        }
    }

    @Test func `a known closure gets builds under conditions that are new to it`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            let later = try #require(Conditions("2101-01-01T00:00:00Z x86-64-v1 6.1.0-test-amd64 1"))
            let both = try await ingest(
                farm, ["source", "library", "program"], commit: 2, screening: [farm.screening, later])
            #expect(both.knownDerivations == 3 && both.newDerivations == 0 && both.newBuilds == 2)
            #expect(try await farm.states("library") == ["ready", "ready"])
            #expect(try await farm.states("program") == ["blocked", "blocked"])
            let third = try await ingest(farm, ["source", "library", "program"], commit: 3, screening: [later])
            #expect(third.newBuilds == 0)
        }
    }

    @Test func `what is above a given-up build fails, also what comes in later, and comes back with it`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library", "program"])
            try await farm.fetchSource()
            let library = try await farm.claim()
            _ = try await farm.database.cancel(build: library.build, why: "not now")
            #expect(try await count(farm, "derivation where availability = 'unavailable'") == 1)
            try await farm.evaluate(["source", "library", "program", "plugin"], commit: 2)
            #expect(try await farm.states("plugin") == ["dependency-failed"])
            let later = try #require(Conditions("2101-01-01T00:00:00Z x86-64-v1 6.1.0-test-amd64 1"))
            _ = try await ingest(farm, ["source", "library", "program", "plugin"], commit: 3, screening: [later])
            #expect(try await farm.states("plugin") == ["dependency-failed", "dependency-failed"])

            _ = try await farm.database.restart(build: library.build, dependents: false)
            #expect(try await farm.states("program") == ["blocked", "blocked"])
            #expect(try await farm.states("plugin") == ["blocked", "blocked"])
        }
    }

    @Test func `what lacks two inputs comes back only when both do`() async throws {
        try await FarmFixture.run { farm in
            var chain = try FarmFixture.chain(["source", "left", "right", "both", "top"])
            chain[2].derivation.inputDerivations = chain[1].derivation.inputDerivations
            chain[3].derivation.inputDerivations = [1, 2].map { .init(path: chain[$0].path, outputs: ["out"]) }
            try await farm.evaluate(closure: chain)
            try await farm.fetchSource()
            let left = try await farm.claim()
            let right = try await farm.claim()
            for claim in [left, right] { _ = try await farm.database.cancel(build: claim.build, why: "not now") }
            #expect(try await farm.states("top") == ["dependency-failed"])
            _ = try await farm.database.restart(build: left.build, dependents: false)
            #expect(try await farm.states("both") == ["dependency-failed"])
            #expect(try await farm.states("top") == ["dependency-failed"])
            _ = try await farm.database.restart(build: right.build, dependents: false)
            #expect(try await farm.states("both") == ["blocked"])
            #expect(try await farm.states("top") == ["blocked"])
        }
    }
}
