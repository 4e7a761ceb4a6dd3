// SPDX-License-Identifier: GPL-3.0-or-later

/// Computes where a derivation's outputs and its own `.drv` must lie.
///
/// Outputs are named by a hash of the derivation in which each input stands for its own such hash, and a
/// fixed-output input for what it contains only: how a source is fetched does not change what is built from
/// it. Hashes already computed are kept, one of 32 bytes for each derivation. Source of the formula: the Nix
/// manual, "Derivation hash modulo"; Guix uses the same.
package struct OutputPathCalculator {
    private let read: (StorePath) throws -> Derivation
    private let limit: Int
    private var hashes: [StorePath: ContentHash] = [:]

    /// - Parameters:
    ///   - limit: most derivations that one closure may hold.
    ///   - read: gives the derivation at a path.
    package init(limit: Int = 1_000_000, read: @escaping (StorePath) throws -> Derivation) {
        self.limit = limit
        self.read = read
    }

    /// The outputs' paths, by output name; what the derivation says of them is not used.
    ///
    /// - Parameter name: the derivation's name, without `.drv`.
    package mutating func outputPaths(
        of derivation: Derivation, name: String, in directory: StoreDirectory
    ) throws -> [String: StorePath] {
        if let fixed = try derivation.fixedOutput() {
            return ["out": try StorePath.fixed(fixed.method, fixed.hash, name: name, in: directory)]
        }
        let hash = ContentHash.of(derivation.masked.printed(inputs: try inputs(of: derivation)))
        var paths: [String: StorePath] = [:]
        for output in derivation.outputs {
            paths[output.name] = try StorePath.output(output.name, of: hash, name: name, in: directory)
        }
        return paths
    }

    /// The same derivation with its outputs' paths filled in, in the list and in the environment.
    package mutating func completed(
        _ derivation: Derivation, name: String, in directory: StoreDirectory
    ) throws -> Derivation {
        let paths = try outputPaths(of: derivation, name: name, in: directory)
        var completed = derivation
        completed.outputs = derivation.outputs.map {
            DerivationOutput(name: $0.name, path: paths[$0.name], hashAlgorithm: $0.hashAlgorithm, hash: $0.hash)
        }
        completed.environment = derivation.environment.map {
            Derivation.Variable(name: $0.name, value: paths[$0.name]?.description ?? $0.value)
        }
        return completed
    }

    /// The hash that stands for the derivation at `path` in those that use it.
    package mutating func hash(of path: StorePath) throws -> ContentHash {
        if let known = hashes[path] { return known }
        var known = hashes
        hashes = [:]  // Moved out while closures fill it, so that nothing is copied.
        defer { hashes = known }
        try DerivationClosure.visit(
            from: [path], limit: limit, isKnown: { known[$0] != nil }, read: read
        ) { path, derivation in
            known[path] = try Self.hash(of: derivation, knowing: known)
        }
        guard let hash = known[path] else { throw DerivationsError.derivationCycle(through: path) }
        return hash
    }

    private mutating func inputs(of derivation: Derivation) throws -> [(name: String, outputs: [String])] {
        for input in derivation.inputDerivations where hashes[input.path] == nil { _ = try hash(of: input.path) }
        return try Self.inputs(of: derivation, knowing: hashes)
    }

    private static func hash(
        of derivation: Derivation, knowing hashes: [StorePath: ContentHash]
    ) throws(DerivationsError) -> ContentHash {
        guard derivation.isFixedOutput else {
            return .of(derivation.printed(inputs: try inputs(of: derivation, knowing: hashes)))
        }
        let output = derivation.outputs[0]
        let path = output.path?.description ?? ""
        return .of(Array("fixed:out:\(output.hashAlgorithm):\(output.hash):\(path)".utf8))
    }

    /// Inputs under their hashes, in order; those with the same hash become one.
    private static func inputs(
        of derivation: Derivation, knowing hashes: [StorePath: ContentHash]
    ) throws(DerivationsError) -> [(name: String, outputs: [String])] {
        var merged: [String: Set<String>] = [:]
        for input in derivation.inputDerivations {
            guard let hash = hashes[input.path] else {
                throw .inconsistentDerivation("the hash of its input \(input.path) is not known")
            }
            merged[hash.base16, default: []].formUnion(input.outputs)
        }
        return merged.sorted { $0.key < $1.key }.map { (name: $0.key, outputs: $0.value.sortedByBytes()) }
    }
}

extension Derivation {
    /// The derivation before its outputs' paths were known.
    fileprivate var masked: Derivation {
        var masked = self
        masked.outputs = outputs.map {
            DerivationOutput(name: $0.name, path: nil, hashAlgorithm: $0.hashAlgorithm, hash: $0.hash)
        }
        let names = Set(outputs.map(\.name))
        masked.environment = environment.map {
            names.contains($0.name) ? Variable(name: $0.name, value: "") : $0
        }
        return masked
    }

    /// The path of the `.drv` file itself.
    ///
    /// - Parameter name: the derivation's name, without `.drv`.
    package func path(name: String, in directory: StoreDirectory) throws(DerivationsError) -> StorePath {
        try StorePath.text(printed(), name: "\(name).drv", references: references, in: directory)
    }
}

extension Sequence<String> {
    /// In the order of UTF-8 bytes, which stores use; Swift's own order differs outside ASCII.
    package func sortedByBytes() -> [String] {
        sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
