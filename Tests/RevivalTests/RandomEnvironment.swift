// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Revival

/// Numbers from a seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// A made-up environment whose outputs refer to some of what their builds saw, as real ones do.
struct RandomEnvironment {
    private(set) var closure: [(path: StorePath, derivation: Derivation)] = []
    private(set) var roots: [RevivalPlan.Root] = []
    /// What each output would refer to once it is there.
    private(set) var references: [StorePath: [StorePath]] = [:]
    /// What servers have.
    private(set) var offered: Set<StorePath> = []
    private(set) var present: Set<StorePath> = []

    init(seed: UInt64, size: Int = 24, offers: Double = 0.3, presence: Double = 0.1) throws {
        var random = Seeded(seed)
        for number in 0..<size { try add(number, &random, offers: offers) }
        let last = closure.suffix(3)
        roots = last.map { .init($0.path, outputs: [$0.derivation.outputs[0].name]) }
        for (_, derivation) in closure {
            for output in derivation.outputs.compactMap(\.path)
            where Double.random(in: 0..<1, using: &random) < presence {
                bring(output)
            }
        }
    }

    /// A store holds what its items refer to.
    private mutating func bring(_ output: StorePath) {
        guard present.insert(output).inserted else { return }
        for reference in references[output] ?? [] { bring(reference) }
    }

    private mutating func add(_ number: Int, _ random: inout Seeded, offers: Double) throws {
        let isFixed = number < 3 || Int.random(in: 0..<4, using: &random) == 0
        // Now and then a file that another derivation fetches too.
        let before = closure.last.map { $0.derivation.isFixedOutput } ?? false
        let isShared = isFixed && before && Int.random(in: 0..<3, using: &random) == 0
        var inputs: [Derivation.Input] = []
        if !isFixed {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let (path, derivation) = closure[Int.random(in: 0..<closure.count, using: &random)]
                if inputs.contains(where: { $0.path == path }) { continue }
                let names = derivation.outputs.map(\.name).shuffled(using: &random)
                inputs.append(.init(path: path, outputs: Array(names.prefix(Int.random(in: 1...2, using: &random)))))
            }
        }
        let names = isFixed ? ["out"] : Int.random(in: 0..<3, using: &random) == 0 ? ["out", "lib"] : ["out"]
        let outputs = try names.map { name in
            if isShared, let path = closure.last?.derivation.outputs[0].path { return fixed(path) }
            let path = try StorePath(.guix, baseName: "\(Self.hash(1000 * number))-\(name)")
            return isFixed ? fixed(path) : DerivationOutput(name: name, path: path)
        }
        let seen = inputs.flatMap { input -> [StorePath] in
            let made = closure.first { $0.path == input.path }?.derivation
            let direct = input.outputs.compactMap { made?.output(named: $0)?.path }
            return direct + direct.flatMap { references[$0] ?? [] }
        }
        for output in outputs {
            guard let path = output.path else { continue }
            references[path] = isFixed ? [] : seen.filter { _ in Bool.random(using: &random) } + [path]
            // 'lib' never refers to 'out', but 'out' may to 'lib'.
            if output.name == "out", outputs.count == 2, let other = outputs[1].path { references[path]?.append(other) }
            if !isFixed, Double.random(in: 0..<1, using: &random) < offers { offered.insert(path) }
        }
        closure.append(
            (
                try StorePath(.guix, baseName: "\(Self.hash(number))-d\(number).drv"),
                Derivation(
                    outputs: outputs, inputDerivations: inputs, inputSources: [], system: "x86_64-linux", builder: "/b",
                    arguments: [], environment: [])
            ))
    }

    private func fixed(_ path: StorePath) -> DerivationOutput {
        DerivationOutput(name: "out", path: path, hashAlgorithm: "sha256", hash: String(repeating: "0", count: 64))
    }

    static func hash(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 32 - text.count) + text
    }

    /// A plan that knows all answers.
    func plan(without lost: Set<StorePath> = []) throws -> RevivalPlan {
        var plan = try RevivalPlan(closure: closure, roots: roots)
        plan.note(present: present)
        for derivation in lost { plan.give(up: derivation) }
        for output in plan.outputs {
            plan.answer(output, offered.contains(output) ? .offered(references: references[output] ?? []) : .none)
        }
        return plan
    }

    func derivation(_ path: StorePath) -> Derivation? { closure.first { $0.path == path }?.derivation }

    var rootOutputs: [StorePath] {
        roots.compactMap { derivation($0.derivation)?.output(named: $0.outputs[0])?.path }
    }
}
