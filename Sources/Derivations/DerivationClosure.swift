// SPDX-License-Identifier: GPL-3.0-or-later

/// Walks from derivations to all they need.
package enum DerivationClosure {
    /// The derivations that `roots` need, themselves included, inputs before those that use them, each once.
    ///
    /// - Parameters:
    ///   - limit: most derivations the closure may hold.
    ///   - read: gives the derivation at a path; its errors pass through.
    /// - Throws: `DerivationsError.tooManyDerivations` or `.derivationCycle`.
    package static func walk(
        from roots: some Sequence<StorePath>, limit: Int = 1_000_000, read: (StorePath) throws -> Derivation
    ) throws -> [(path: StorePath, derivation: Derivation)] {
        var order: [(path: StorePath, derivation: Derivation)] = []
        try visit(from: roots, limit: limit, isKnown: { _ in false }, read: read) { path, derivation in
            order.append((path, derivation))
        }
        return order
    }

    /// Visits without recursion, since hostile derivations may form long chains.
    static func visit(
        from roots: some Sequence<StorePath>, limit: Int, isKnown: (StorePath) -> Bool,
        read: (StorePath) throws -> Derivation, finish: (StorePath, Derivation) throws -> Void
    ) throws {
        var open: Set<StorePath> = []
        var done: Set<StorePath> = []
        for root in roots where !done.contains(root) && !isKnown(root) {
            var stack = [Step(path: root, derivation: try read(root))]
            open.insert(root)
            while var step = stack.popLast() {
                guard step.next < step.derivation.inputDerivations.count else {
                    try finish(step.path, step.derivation)
                    open.remove(step.path)
                    done.insert(step.path)
                    continue
                }
                let input = step.derivation.inputDerivations[step.next].path
                step.next += 1
                stack.append(step)
                if done.contains(input) || isKnown(input) { continue }
                guard open.insert(input).inserted else { throw DerivationsError.derivationCycle(through: input) }
                guard open.count + done.count <= limit else { throw DerivationsError.tooManyDerivations(limit: limit) }
                stack.append(Step(path: input, derivation: try read(input)))
            }
        }
    }

    /// A derivation on the way down, and the input to look at next.
    private struct Step {
        let path: StorePath
        let derivation: Derivation
        var next = 0
    }
}
