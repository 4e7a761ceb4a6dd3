// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// A job of an evaluation, as it goes into the database.
package struct IngestJob: Sendable {
    package var name: String
    package var package: String
    package var version: String
    package var system: String
    /// The derivation, or why there is none.
    package var derivation: Result<StorePath, JobFailure>
    /// What the channel says about the package beyond that, a JSON object.
    package var meta: [UInt8]

    package init(
        name: String, package: String, version: String, system: String, derivation: Result<StorePath, JobFailure>,
        meta: [UInt8] = Array("{}".utf8)
    ) {
        self.name = name
        self.package = package
        self.version = version
        self.system = system
        self.derivation = derivation
        self.meta = meta
    }
}

/// Why a package of a revision has no derivation.
package struct JobFailure: Error, Sendable {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}

/// Derivations of an evaluation in the form that COPY takes: every input is named by its place in the batch.
package struct IngestBatch: Sendable {
    package struct Row: Sendable {
        let path: StorePath
        let system: String
        let isFixed: Bool
        /// Places of the direct inputs, from 1.
        let inputs: [Int32]
        let outputNames: [String]
        let outputPaths: [String]
        /// The longest chain of dependents above it in this batch.
        var depth: Int32
        let isAvailable: Bool
    }

    private(set) var rows: [Row] = []
    /// SHA-256 of the hashes of all derivations, ascending: what evaluations with the same closure have in common.
    package let digest: [UInt8]

    /// - Parameters:
    ///   - closure: inputs before those that use them, as `DerivationClosure.walk` gives it.
    ///   - isAvailable: whether all outputs are in the host's store already.
    package init(
        closure: [(path: StorePath, derivation: Derivation)], isAvailable: (Derivation) throws -> Bool
    ) rethrows {
        var places: [StorePath: Int32] = [:]
        places.reserveCapacity(closure.count)
        rows.reserveCapacity(closure.count)
        digest = Self.digest(of: closure.map(\.path.digest.bytes))
        for (index, item) in closure.enumerated() {
            places[item.path] = Int32(index + 1)
            let inputs = item.derivation.inputDerivations.compactMap { places[$0.path] }
            rows.append(
                Row(
                    path: item.path, system: item.derivation.system, isFixed: item.derivation.isFixedOutput,
                    inputs: inputs, outputNames: item.derivation.outputs.map(\.name),
                    outputPaths: item.derivation.outputs.map { $0.path?.baseName ?? "" }, depth: 0,
                    isAvailable: try isAvailable(item.derivation)))
        }
        for index in rows.indices.reversed() {
            for input in rows[index].inputs where rows[Int(input) - 1].depth <= rows[index].depth {
                rows[Int(input) - 1].depth = rows[index].depth + 1
            }
        }
    }

    private static func digest(of hashes: [[UInt8]]) -> [UInt8] {
        var hasher = ContentHasher(.sha256)
        for hash in hashes.sorted(by: { $0.lexicographicallyPrecedes($1) }) { hasher.update(hash) }
        return hasher.finalize().bytes
    }
}
