// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@testable import Revival

@Suite struct RevivalPlanTests {
    private static let seeds = UInt64(1)...300

    /// What can be had at all, found the slow way: whatever can be had is had, until nothing more can.
    private func obtainable(_ environment: RandomEnvironment, without lost: Set<StorePath>) -> Set<StorePath> {
        var had = environment.present
        while true {
            let before = had.count
            for (path, derivation) in environment.closure {
                let outputs = derivation.outputs.compactMap(\.path)
                for output in outputs where environment.offered.contains(output) {
                    let references = environment.references[output] ?? []
                    if references.allSatisfy({ $0 == output || had.contains($0) }) { had.insert(output) }
                }
                if lost.contains(path) { continue }
                let inputs = derivation.inputDerivations.flatMap { input in
                    input.outputs.compactMap { environment.derivation(input.path)?.output(named: $0)?.path }
                }
                if derivation.isFixedOutput || inputs.allSatisfy(had.contains) { had.formUnion(outputs) }
            }
            if had.count == before { return had }
        }
    }

    @Test(arguments: seeds)
    func `what is done in the plan's order ends with the environment, and with nothing that was not needed`(
        seed: UInt64
    ) throws {
        let environment = try RandomEnvironment(seed: seed)
        let outline = try environment.plan().outline()
        var store = environment.present
        for source in outline.sources { store.insert(source.output) }
        // Substitutes may refer to what is built, and builds use substitutes: each in its own order, in turns.
        var (items, builds) = (outline.substitutes[...], outline.builds[...])
        while !items.isEmpty || !builds.isEmpty {
            let before = store.count
            while let item = items.first {
                let references = environment.references[item] ?? []
                guard references.allSatisfy({ $0 == item || store.contains($0) }) else { break }
                store.insert(items.removeFirst())
            }
            while let path = builds.first, let derivation = environment.derivation(path) {
                let inputs = derivation.inputDerivations.flatMap { input in
                    input.outputs.compactMap { environment.derivation(input.path)?.output(named: $0)?.path }
                }
                guard inputs.allSatisfy(store.contains) else { break }
                store.formUnion(derivation.outputs.compactMap(\.path))
                builds.removeFirst()
            }
            try #require(store.count > before, "seed \(seed): \(items) and \(builds) wait for each other")
        }
        #expect(environment.rootOutputs.allSatisfy(store.contains), "seed \(seed)")
        #expect(outline.lost.isEmpty && outline.failed.isEmpty && outline.blocked.isEmpty, "seed \(seed)")
        var done = try environment.plan()
        done.note(present: store)
        #expect(done.outline().isComplete, "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `whatever is needed costs a root when it is lost, and nothing else does`(seed: UInt64) throws {
        let environment = try RandomEnvironment(seed: seed, size: 16)
        let outline = try environment.plan().outline()
        let needed = Set(outline.sources.flatMap(\.derivations) + outline.builds)
        var fetchers: [StorePath: Set<StorePath>] = [:]
        for (path, derivation) in environment.closure where derivation.isFixedOutput {
            if let output = derivation.outputs[0].path { fetchers[output, default: []].insert(path) }
        }
        for (path, derivation) in environment.closure {
            // A file is lost when all that fetch it are.
            let output = derivation.outputs[0].path
            let lost = derivation.isFixedOutput ? output.flatMap { fetchers[$0] } ?? [path] : [path]
            let had = obtainable(environment, without: lost)
            let costs = !environment.rootOutputs.allSatisfy(had.contains)
            #expect(costs == needed.contains(path), "seed \(seed): \(path.baseName)")
        }
    }

    @Test(arguments: seeds)
    func `of several that are lost exactly those are listed that the environment lacks`(seed: UInt64) throws {
        let environment = try RandomEnvironment(seed: seed)
        var random = Seeded(seed &+ 7)
        let lost = Set(environment.closure.map(\.path).filter { _ in Int.random(in: 0..<5, using: &random) == 0 })
        let outline = try environment.plan(without: lost).outline()
        let had = obtainable(environment, without: lost)
        let missingRoots = environment.rootOutputs.indices.filter { !had.contains(environment.rootOutputs[$0]) }
        #expect(outline.lostRoots == missingRoots, "seed \(seed)")
        #expect(outline.lostRoots.isEmpty == (outline.lost.isEmpty && outline.failed.isEmpty), "seed \(seed)")
        // With the list given back the environment is whole; with any one of it left out it is not.
        let listed = Set(outline.lost.flatMap(\.derivations) + outline.failed)
        let restored = obtainable(environment, without: lost.subtracting(listed))
        #expect(environment.rootOutputs.allSatisfy(restored.contains), "seed \(seed)")
        for group in outline.lost.map(\.derivations) + outline.failed.map({ [$0] }) {
            let without = obtainable(environment, without: lost.subtracting(listed).union(group))
            #expect(!environment.rootOutputs.allSatisfy(without.contains), "seed \(seed): \(group)")
        }
        for path in outline.builds {
            #expect(environment.derivation(path)?.outputs.compactMap(\.path).allSatisfy(had.contains) == true)
        }
        for path in outline.blocked {
            #expect(environment.derivation(path)?.outputs.compactMap(\.path).allSatisfy(had.contains) != true)
        }
    }

    @Test(arguments: seeds)
    func `asking as the plan asks leads to the same plan, and asks nothing below a substitute`(seed: UInt64) throws {
        let environment = try RandomEnvironment(seed: seed)
        var plan = try RevivalPlan(closure: environment.closure, roots: environment.roots)
        plan.note(present: environment.present)
        var asked: Set<StorePath> = []
        while true {
            let questions = plan.questions()
            if questions.isEmpty { break }
            for output in questions {
                try #require(asked.insert(output).inserted, "seed \(seed): \(output) is asked for twice")
                let isOffered = environment.offered.contains(output)
                plan.answer(output, isOffered ? .offered(references: environment.references[output] ?? []) : .none)
            }
        }
        let whole = try environment.plan()
        #expect(plan.outline() == whole.outline(), "seed \(seed)")
        let needed = Set(whole.walk().flatMap { whole.nodes[$0.node].outputs })
        #expect(asked.isSubset(of: needed), "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `every root that is told to need something is lost without it`(seed: UInt64) throws {
        let environment = try RandomEnvironment(seed: seed, size: 16)
        let plan = try environment.plan()
        let users = plan.users()
        for path in plan.outline().builds {
            let had = obtainable(environment, without: [path])
            let lost = environment.rootOutputs.indices.filter { !had.contains(environment.rootOutputs[$0]) }
            #expect(users[path] == Array(lost), "seed \(seed): \(path.baseName)")
        }
    }
}

@Suite struct RevivalPlanCases {
    private func path(_ name: String) throws -> StorePath {
        let number = name.utf8.reduce(0) { $0 * 31 % 1_000_003 + Int($1) }
        return try StorePath(.guix, baseName: "\(RandomEnvironment.hash(number))-\(name)")
    }

    private func node(
        _ name: String, _ outputs: [String] = ["out"], uses: [String] = [], isFixed: Bool = false
    ) throws -> (path: StorePath, derivation: Derivation) {
        (
            try path("\(name).drv"),
            Derivation(
                outputs: try outputs.map {
                    DerivationOutput(
                        name: $0, path: try path("\(name)-\($0)"), hashAlgorithm: isFixed ? "sha256" : "",
                        hash: isFixed ? String(repeating: "1", count: 64) : "")
                }, inputDerivations: try uses.map { .init(path: try path("\($0).drv"), outputs: ["out"]) },
                inputSources: [try path("script")], system: "x86_64-linux", builder: "/b", arguments: [],
                environment: [])
        )
    }

    @Test func `an offer that refers to what its build never saw is not used`() throws {
        let closure = [
            try node("source", isFixed: true), try node("a", uses: ["source"]), try node("b", uses: ["a"]),
        ]
        var plan = try RevivalPlan(closure: closure, roots: [.init(try path("b.drv"), outputs: ["out"])])
        plan.answer(try path("b-out"), .offered(references: [try path("stranger")]))
        #expect(plan.questions() == [try path("a-out")])
        plan.answer(try path("a-out"), .offered(references: [try path("b-out")]))
        #expect(plan.questions() == [])
        let outline = plan.outline()
        #expect(outline.substitutes == [])
        #expect(outline.builds == [try path("a.drv"), try path("b.drv")])
        #expect(outline.sources.map(\.output) == [try path("source-out")])
    }

    @Test func `outputs that are offered as mentioning each other are built`() throws {
        let closure = [try node("a", ["out", "lib"])]
        var plan = try RevivalPlan(closure: closure, roots: [.init(try path("a.drv"), outputs: ["out"])])
        plan.answer(try path("a-out"), .offered(references: [try path("a-lib"), try path("script")]))
        #expect(plan.questions() == [try path("a-lib")])
        plan.answer(try path("a-lib"), .offered(references: [try path("a-out")]))
        #expect(plan.outline().builds == [try path("a.drv")])
        plan.answer(try path("a-lib"), .offered(references: []))
        #expect(plan.outline().substitutes == [try path("a-lib"), try path("a-out")])
    }

    @Test func `a substitute that could not be fetched is built, and what that takes is asked for`() throws {
        let closure = [try node("a"), try node("b", uses: ["a"])]
        var plan = try RevivalPlan(closure: closure, roots: [.init(try path("b.drv"), outputs: ["out"])])
        plan.answer(try path("b-out"), .offered(references: []))
        #expect(plan.outline().substitutes == [try path("b-out")])
        plan.answer(try path("b-out"), .none)
        #expect(plan.questions() == [try path("a-out")])
    }

    @Test func `an environment without its derivations is refused`() throws {
        let closure = [try node("b", uses: ["a"])]
        #expect(throws: RevivalPlanError.unknownDerivation(try path("a.drv"))) {
            try RevivalPlan(closure: closure, roots: [])
        }
        #expect(throws: RevivalPlanError.unknownOutput("doc", of: try path("a.drv"))) {
            try RevivalPlan(closure: [try node("a")], roots: [.init(try path("a.drv"), outputs: ["doc"])])
        }
    }
}
