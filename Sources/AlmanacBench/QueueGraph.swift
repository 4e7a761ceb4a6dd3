// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import TimeTravel

/// A graph with the shape of a Guix revision: 60,000 builds, 561,000 edges, chains of 263, a core that nearly everything
/// uses and one build with 12,163 dependents (measured on a Guix of 2023).
struct QueueGraph {
    static let standard = (builds: 60_000, edges: 561_000, depth: 263, dependents: 12_163)

    let inputs: [[Int]]
    let edgeCount: Int
    /// The build whose dependents come nearest to a fifth of all, as in Guix, and how many they are.
    let culprit: Int
    let culpritDependents: Int

    init(scale: Double, seed: UInt64) {
        let count = max(400, Int(Double(Self.standard.builds) * scale))
        let edges = max(count, Int(Double(Self.standard.edges) * scale))
        var random = SeededRandom(seed: seed)
        inputs = Self.connect(Self.levels(count, &random), edges: edges, &random)
        edgeCount = inputs.reduce(0) { $0 + $1.count }
        (culprit, culpritDependents) = Self.culprit(
            in: inputs, wanted: Int(Double(Self.standard.dependents) * Double(count) / Double(Self.standard.builds)))
    }

    /// Builds that wait for nothing.
    init(unconnected count: Int) {
        inputs = Array(repeating: [], count: count)
        (edgeCount, culprit, culpritDependents) = (0, 0, 0)
    }

    /// Lengths of the chains below each build, ascending: at least one build of each length.
    private static func levels(_ count: Int, _ random: inout SeededRandom) -> [Int] {
        let depth = min(standard.depth, count / 2)
        var levels = Array(0..<depth)
        while levels.count < count {
            let place = Double.random(in: 0..<1, using: &random)
            levels.append(min(depth - 1, 2 + Int(Double(depth - 2) * place.squareRoot())))
        }
        return levels.sorted()
    }

    private static func connect(_ levels: [Int], edges: Int, _ random: inout SeededRandom) -> [[Int]] {
        var starts: [Int: Int] = [:]
        for (index, level) in levels.enumerated() where starts[level] == nil { starts[level] = index }
        var inputs: [Set<Int>] = levels.enumerated().map { index, level in
            guard level > 0, let lower = starts[level - 1], let own = starts[level] else { return [] }
            return [Int.random(in: lower..<own, using: &random)]
        }
        var left = edges - inputs.reduce(0) { $0 + $1.count }
        while left > 0 {
            let user = Int.random(in: 1..<levels.count, using: &random)
            guard let own = starts[levels[user]], own > 0 else { continue }
            // Half go to the core, most of them to its oldest part; half to anything below.
            let place = Double.random(in: 0..<1, using: &random)
            let isCore = Bool.random(using: &random)
            let input = isCore ? Int(Double(min(own, 400)) * place * place * place) : Int(Double(own) * place)
            if inputs[user].insert(min(input, own - 1)).inserted { left -= 1 }
        }
        return inputs.map { $0.sorted() }
    }

    private static func culprit(in inputs: [[Int]], wanted: Int) -> (Int, Int) {
        var users = [[Int]](repeating: [], count: inputs.count)
        for (user, own) in inputs.enumerated() { for input in own { users[input].append(user) } }
        var best = (index: 0, dependents: 0)
        for step in 0..<60 {
            let index = inputs.count * step / 120
            let dependents = closure(of: index, users)
            if abs(dependents - wanted) < abs(best.dependents - wanted) { best = (index, dependents) }
        }
        return best
    }

    private static func closure(of start: Int, _ users: [[Int]]) -> Int {
        var seen = [Bool](repeating: false, count: users.count)
        var front = [start], found = 0
        while let next = front.popLast() {
            for user in users[next] where !seen[user] {
                seen[user] = true
                found += 1
                front.append(user)
            }
        }
        return found
    }

    /// The graph as derivations of one revision: another number gives other hashes throughout, as a change of the core does.
    func derivations(revision: Int) throws -> [(path: StorePath, derivation: Derivation)] {
        var random = SeededRandom(seed: UInt64(revision) &* 7_919 &+ 17)
        let paths = try inputs.indices.map { index in
            try StorePath(.guix, baseName: "\(Self.hash(&random))-package-\(index)-1.0.drv")
        }
        return try inputs.indices.map { index in
            let output = try StorePath(.guix, baseName: "\(Self.hash(&random))-package-\(index)-1.0")
            return (
                paths[index],
                Derivation(
                    outputs: [DerivationOutput(name: "out", path: output)],
                    inputDerivations: inputs[index].map { .init(path: paths[$0], outputs: ["out"]) }, inputSources: [],
                    system: "x86_64-linux", builder: "/bin/sh", arguments: [], environment: [])
            )
        }
    }

    private static func hash(_ random: inout SeededRandom) -> String {
        Base32.encode((0..<20).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}
