// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Jobsets
import Testing
import TimeTravel

@Suite struct AskedDerivationTests {
    private static let path = try? StorePath(parsing: "/gnu/store/7b0rzwcbdml7z4njkv8jw7qb60y3hzra-hello-2.10.drv")

    @Test func `a derivation that no jobset has is one revision of a jobset of its own`() async throws {
        let asked = AskedDerivation(try #require(Self.path))
        try await FarmFixture.run { farm in
            let first = try await farm.database.ask(
                asked, engine: .nix, released: FarmFixture.start, now: FarmFixture.start)
            // Asked twice, it waits once.
            let again = try await farm.database.ask(
                asked, engine: .nix, released: FarmFixture.start, now: FarmFixture.start)
            #expect(first == again)
            #expect(try await farm.database.outcome(ofEvaluation: first).isOver == false)
            // Nothing looks for revisions of it.
            #expect(
                try await farm.database.wantedJobsets(now: FarmFixture.start + 400 * 86_400).allSatisfy {
                    !$0.jobset.description.name.hasPrefix("derivation-")
                })
            let pending = try #require(try await farm.database.startEvaluation())
            #expect(pending.id == first && pending.date == FarmFixture.start && pending.commit.utf8.count == 40)
            let jobset = try #require(try await farm.database.jobset(pending.jobset))
            #expect(jobset.description.packages == .names(["\(asked.path)"]) && !jobset.description.enabled)
            try await farm.database.failEvaluation(pending.id, error: "it is not there", log: "")
            let outcome = try await farm.database.outcome(ofEvaluation: first)
            #expect(outcome.isOver && outcome.error == "it is not there")
            #expect(try await farm.database.standing(of: DerivationName("\(asked.path)")) == nil)
        }
    }

    @Test func `its standing goes from screening to a verdict or an investigation`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            let waiting = try #require(try await farm.database.standing(of: DerivationName("library")))
            #expect(waiting.isMoving && waiting.verdict == nil && waiting.investigation == nil)
            try await farm.fetchSource()
            try await farm.settle { _, _ in true }
            let sound = try #require(try await farm.database.standing(of: DerivationName("library")))
            #expect(!sound.isMoving && sound.verdict == .sound && sound.investigation == nil && sound.runs.count == 1)
        }
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            try await farm.settle { derivation, _ in !derivation.hasSuffix("-library.drv") }
            let broken = try #require(try await farm.database.standing(of: DerivationName("library")))
            #expect(broken.verdict == .broken && broken.investigation != nil)
        }
    }
}
