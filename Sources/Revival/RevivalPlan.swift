// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// What has to be had so that an environment of the past stands again, and what is lost with what cannot be had.
///
/// Each output that is missing is had in one way: as a substitute where a server offers it, else by fetching what is
/// fixed, else by building. What a way needs is needed in turn: the substitute's references, or the outputs that the
/// build uses. Since an output refers only to what its build could see, a substitute never needs more than the build
/// would, so that the way chosen is always one of those that need least, and what is lost is the exact list.
///
/// The plan asks (`questions`) only about outputs that are needed as far as it knows; below a substitute nothing is
/// asked. Nothing here waits or reads: a driver tells it what it found out.
package struct RevivalPlan: Sendable {
    /// A derivation of the environment and those of its outputs that belong to it.
    package struct Root: Hashable, Sendable {
        package let derivation: StorePath
        package let outputs: [String]

        package init(_ derivation: StorePath, outputs: [String]) {
            self.derivation = derivation
            self.outputs = outputs
        }
    }

    /// What servers say of an output.
    package enum Answer: Hashable, Sendable {
        /// One has it; it refers to these, perhaps to itself.
        case offered(references: [StorePath])
        case none
    }

    struct Node: Sendable {
        /// The derivation; of a fixed output also all others that have the same one.
        var derivations: [StorePath]
        let outputs: [StorePath]
        let isFixed: Bool
        /// Numbers of the nodes and the outputs of them that the build uses.
        let inputs: [(node: Int, outputs: [StorePath])]
    }

    /// Inputs before what uses them.
    private(set) var nodes: [Node] = []
    private(set) var roots: [(node: Int, outputs: [StorePath])] = []
    private var places: [StorePath: Int] = [:]
    private var makers: [StorePath: Int] = [:]
    private var present: Set<StorePath> = []
    private var answers: [StorePath: Answer] = [:]
    private var hopeless: Set<StorePath> = []

    /// - Parameters:
    ///   - closure: the derivations of the roots, inputs before those that use them, as `DerivationClosure.walk` has them.
    ///     What they name as sources is taken to be in the store.
    /// - Throws: `RevivalPlanError`.
    package init(
        closure: [(path: StorePath, derivation: Derivation)], roots: [Root]
    ) throws(RevivalPlanError) {
        for (path, derivation) in closure { try add(path, derivation) }
        for root in roots {
            guard let node = places[root.derivation] else { throw .unknownDerivation(root.derivation) }
            let derivation = closure.first { $0.path == root.derivation }?.derivation
            var outputs: [StorePath] = []
            for name in root.outputs {
                guard let output = derivation?.output(named: name)?.path else {
                    throw .unknownOutput(name, of: root.derivation)
                }
                outputs.append(output)
            }
            self.roots.append((node, outputs))
        }
    }

    private mutating func add(_ path: StorePath, _ derivation: Derivation) throws(RevivalPlanError) {
        var outputs: [StorePath] = []
        for output in derivation.outputs {
            guard let place = output.path else { throw .unknownOutput(output.name, of: path) }
            outputs.append(place)
        }
        present.formUnion(derivation.inputSources)
        // Several derivations may fetch one file: any of them will do.
        if derivation.isFixedOutput, let same = makers[outputs[0]], nodes[same].isFixed {
            places[path] = same
            nodes[same].derivations.append(path)
            return
        }
        var inputs: [(node: Int, outputs: [StorePath])] = []
        if !derivation.isFixedOutput {
            for input in derivation.inputDerivations {
                guard let node = places[input.path] else { throw .unknownDerivation(input.path) }
                inputs.append((node, try used(input, node)))
            }
        }
        places[path] = nodes.count
        for output in outputs where makers[output] == nil { makers[output] = nodes.count }
        names[path] = Dictionary(derivation.outputs.map { ($0.name, $0.path) }) { first, _ in first }
        nodes.append(
            Node(derivations: [path], outputs: outputs, isFixed: derivation.isFixedOutput, inputs: inputs))
    }

    private var names: [StorePath: [String: StorePath?]] = [:]

    private func used(_ input: Derivation.Input, _ node: Int) throws(RevivalPlanError) -> [StorePath] {
        if nodes[node].isFixed { return nodes[node].outputs }
        var outputs: [StorePath] = []
        for name in input.outputs {
            guard let output = names[input.path]?[name] ?? nil else { throw .unknownOutput(name, of: input.path) }
            outputs.append(output)
        }
        return outputs
    }
}

// MARK: What is found out

extension RevivalPlan {
    /// Every output that the environment could need.
    package var outputs: [StorePath] { nodes.flatMap(\.outputs) }

    /// Tells which paths are in the store.
    package mutating func note(present paths: some Sequence<StorePath>) { present.formUnion(paths) }

    package func isPresent(_ path: StorePath) -> Bool { present.contains(path) }

    /// Tells what servers say of an output; a later answer replaces an earlier one.
    package mutating func answer(_ output: StorePath, _ answer: Answer) { answers[output] = answer }

    /// Tells that a fixed-output derivation has nowhere to be fetched from, or that a build does not succeed.
    package mutating func give(up derivation: StorePath) { hopeless.insert(derivation) }

    /// Whether all that fetch this, or the one that builds it, were given up.
    private func isHopeless(_ node: Node) -> Bool { node.derivations.allSatisfy(hopeless.contains) }
}

// MARK: The way to each output

extension RevivalPlan {
    /// How the missing outputs of a node that are needed are to be had.
    enum Way: Equatable {
        case undecided([StorePath])
        case substitutes([StorePath])
        case fetch
        case build
    }

    /// The nodes that are needed with the outputs that are missing and the way to them, users before what they use.
    func walk() -> [(node: Int, missing: Set<StorePath>, way: Way)] {
        var wanted: [Int: Set<StorePath>] = [:]
        for root in roots { wanted[root.node, default: []].formUnion(root.outputs) }
        var steps: [(node: Int, missing: Set<StorePath>, way: Way)] = []
        for index in nodes.indices.reversed() {
            let missing = (wanted[index] ?? []).subtracting(present)
            if missing.isEmpty { continue }
            let (all, way) = way(to: missing, of: index)
            steps.append((index, all, way))
            for (node, outputs) in needs(of: index, way) where node != index {
                wanted[node, default: []].formUnion(outputs)
            }
        }
        return steps
    }

    private func way(to missing: Set<StorePath>, of index: Int) -> (missing: Set<StorePath>, way: Way) {
        if nodes[index].isFixed { return (missing, .fetch) }
        var (all, open, unknown) = (missing, missing.sorted(), [StorePath]())
        while let output = open.popLast() {
            switch answers[output] {
            case nil: unknown.append(output)
            case .some(.none): return (missing, .build)
            case .offered(let references):
                guard references.allSatisfy({ canMention($0, index) }) else { return (missing, .build) }
                // Another output of the same derivation.
                for other in references where makers[other] == index && !present.contains(other) {
                    if all.insert(other).inserted { open.append(other) }
                }
            }
        }
        if !unknown.isEmpty { return (all, .undecided(unknown.sorted())) }
        guard let order = ordered(all) else { return (missing, .build) }
        return (all, .substitutes(order))
    }

    /// Whether the output of a node can refer to a path: to what was built before it, and to sources.
    private func canMention(_ path: StorePath, _ index: Int) -> Bool {
        present.contains(path) || makers[path].map { $0 <= index } ?? false
    }

    /// References first; nil where outputs mention each other in a circle.
    private func ordered(_ outputs: Set<StorePath>) -> [StorePath]? {
        var left = outputs
        var order: [StorePath] = []
        while !left.isEmpty {
            let ready = left.filter { output in
                references(of: output).allSatisfy { $0 == output || !left.contains($0) }
            }
            if ready.isEmpty { return nil }
            order += ready.sorted()
            left.subtract(ready)
        }
        return order
    }

    private func references(of output: StorePath) -> [StorePath] {
        if case .offered(let references) = answers[output] { references } else { [] }
    }

    /// What a way needs of other nodes.
    private func needs(of index: Int, _ way: Way) -> [(node: Int, outputs: [StorePath])] {
        switch way {
        case .undecided, .fetch: []
        case .build: nodes[index].inputs
        case .substitutes(let outputs):
            outputs.flatMap(references).compactMap { path in makers[path].map { ($0, [path]) } }
        }
    }
}

// MARK: Answers

extension RevivalPlan {
    /// The outputs of which it must be known whether a server offers them before the plan is whole; empty when it is.
    package func questions() -> [StorePath] {
        walk().flatMap { step in if case .undecided(let outputs) = step.way { outputs } else { [StorePath]() } }
    }

    /// What is to be done, and what cannot be.
    package func outline() -> RevivalOutline {
        let steps = walk()
        let ways = Dictionary(uniqueKeysWithValues: steps.map { ($0.node, $0) })
        var outline = RevivalOutline()
        var spoiled: Set<Int> = []
        for (index, _, way) in steps.reversed() {
            let node = nodes[index]
            let lacks = needs(of: index, way).contains { need in
                need.node != index && spoiled.contains(need.node)
                    && !(ways[need.node]?.missing.isDisjoint(with: need.outputs) ?? true)
            }
            switch way {
            case .undecided: break
            case .fetch:
                let source = RevivalOutline.Source(derivations: node.derivations, output: node.outputs[0])
                if isHopeless(node) { outline.lost.append(source) } else { outline.sources.append(source) }
            case .build where isHopeless(node): outline.failed.append(node.derivations[0])
            case .build where lacks: outline.blocked.append(node.derivations[0])
            case .build: outline.builds.append(node.derivations[0])
            case .substitutes(let outputs) where lacks: outline.unusable += outputs
            case .substitutes(let outputs): outline.substitutes += outputs
            }
            if lacks || (isHopeless(node) && (way == .fetch || way == .build)) { spoiled.insert(index) }
        }
        outline.lostRoots = roots.indices.filter { number in
            spoiled.contains(roots[number].node)
                && !(ways[roots[number].node]?.missing.isDisjoint(with: roots[number].outputs) ?? true)
        }
        outline.isComplete = steps.isEmpty
        return outline
    }

    /// The numbers of the roots that need each of the derivations that are needed.
    package func users() -> [StorePath: [Int]] {
        let steps = walk()
        let missing = Dictionary(uniqueKeysWithValues: steps.map { ($0.node, $0.missing) })
        func isMissing(_ need: (node: Int, outputs: [StorePath])) -> Bool {
            !(missing[need.node]?.isDisjoint(with: need.outputs) ?? true)
        }
        var users: [Int: Set<Int>] = [:]
        for (number, root) in roots.enumerated() where isMissing(root) {
            users[root.node, default: []].insert(number)
        }
        var named: [StorePath: [Int]] = [:]
        for (index, _, way) in steps {
            let own = users[index] ?? []
            for derivation in nodes[index].derivations { named[derivation] = own.sorted() }
            for need in needs(of: index, way) where need.node != index && isMissing(need) {
                users[need.node, default: []].formUnion(own)
            }
        }
        return named
    }
}

/// Why an environment cannot be planned.
package enum RevivalPlanError: Error, Equatable, CustomStringConvertible {
    case unknownDerivation(StorePath)
    case unknownOutput(String, of: StorePath)

    package var description: String {
        switch self {
        case .unknownDerivation(let path): "\(path) is needed, but is not among the derivations of the environment"
        case .unknownOutput(let name, let path): "the output '\(name)' of \(path) has no known path"
        }
    }
}
