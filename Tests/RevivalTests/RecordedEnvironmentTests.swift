// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Revival
import Testing

/// Environments made of derivations that a real Guix wrote; skipped where the recordings are not beside the checkout.
@Suite(.enabled(if: Recordings.folder != nil, "the recordings of a real Guix are not beside the checkout"))
struct RecordedEnvironmentTests {
    private func plan(
        _ name: String
    ) throws -> (RevivalPlan, closure: [(path: StorePath, derivation: Derivation)], root: StorePath) {
        let (root, count) = try Recordings.root(name)
        let closure = try DerivationClosure.walk(from: [root], read: Recordings.read)
        #expect(closure.count == count)
        return (try RevivalPlan(closure: closure, roots: [.init(root, outputs: ["out"])]), closure, root)
    }

    @Test(arguments: ["hello", "python", "txt2man"])
    func `without any substitute every source is needed once, and every build in order`(name: String) throws {
        var (plan, closure, root) = try plan(name)
        while case let questions = plan.questions(), !questions.isEmpty {
            for output in questions { plan.answer(output, .none) }
        }
        let outline = plan.outline()
        let fixed = closure.filter(\.derivation.isFixedOutput)
        #expect(outline.sources.count == Set(fixed.compactMap { $0.derivation.outputs[0].path }).count)
        #expect(outline.sources.flatMap(\.derivations).count == fixed.count)
        #expect(outline.builds.count + fixed.count == closure.count && outline.builds.last == root)
        let places = Dictionary(uniqueKeysWithValues: outline.builds.enumerated().map { ($1, $0) })
        for (path, derivation) in closure {
            guard let place = places[path] else { continue }
            for input in derivation.inputDerivations { #expect(places[input.path].map { $0 < place } ?? true) }
        }
    }

    @Test func `with what the root is made of on a server, its own source is all that is needed`() throws {
        var (plan, closure, root) = try plan("hello")
        let hello = try #require(closure.last { $0.path == root })
        plan.answer(try #require(hello.derivation.outputs[0].path), .none)
        while case let questions = plan.questions(), !questions.isEmpty {
            for output in questions { plan.answer(output, .offered(references: [])) }
        }
        let outline = plan.outline()
        #expect(outline.builds == [root])
        let known = try StorePath(parsing: "/gnu/store/3dq55rw99wdc4g4wblz7xikc8a2jy7a3-hello-2.12.1.tar.gz")
        #expect(outline.sources.map(\.output).contains(known))
        #expect(outline.sources.count + outline.substitutes.count < 40)
        for derivation in outline.sources.flatMap(\.derivations) { plan.give(up: derivation) }
        #expect(plan.outline().lost == outline.sources && plan.outline().blocked == [root])
        #expect(plan.outline().lostRoots == [0])
    }

    @Test func `the source of one bootstrap binary, lost, costs everything above it`() throws {
        var (plan, closure, root) = try plan("hello")
        while case let questions = plan.questions(), !questions.isEmpty {
            for output in questions { plan.answer(output, .none) }
        }
        let seed = try #require(closure.first { $0.derivation.isFixedOutput && $0.path.name.contains("guile") })
        plan.give(up: seed.path)
        let outline = plan.outline()
        #expect(outline.lost.count == 1 && outline.lostRoots == [0] && outline.blocked.contains(root))
        #expect(outline.failed.isEmpty)
    }
}

private enum Recordings {
    static let folder: String? = {
        let beside = FileManager.default.currentDirectoryPath + "/../shared"
        let places = [ProcessInfo.processInfo.environment["ALMANAC_SHARED"], beside].compactMap(\.self)
        return places.map { $0 + "/data/guix" }.first { FileManager.default.fileExists(atPath: $0 + "/roots.txt") }
    }()

    static func read(_ path: StorePath) throws -> Derivation {
        let file = URL(fileURLWithPath: "\(folder ?? "")/drvs/\(path.baseName)")
        return try Derivation(parsing: Array(try Data(contentsOf: file)))
    }

    /// The derivation of a recorded root, with the number of derivations in its closure.
    static func root(_ name: String) throws -> (path: StorePath, count: Int) {
        let text = try String(contentsOfFile: "\(folder ?? "")/roots.txt", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name) ") })
        let words = line.split(separator: " ").map(String.init)
        return (try StorePath(parsing: words[1]), try #require(Int(words[2])))
    }
}
