// SPDX-License-Identifier: GPL-3.0-or-later

/// One output of a derivation, as its `.drv` lists it.
package struct DerivationOutput: Hashable, Sendable {
    package let name: String
    /// Where the output will lie; nil where only the build decides (a floating content-addressed output).
    package let path: StorePath?
    /// Empty, or an algorithm's name, with `r:` before it where the hash is of the archive.
    package let hashAlgorithm: String
    /// Empty, or the digest in base 16.
    package let hash: String

    package init(name: String, path: StorePath?, hashAlgorithm: String = "", hash: String = "") {
        self.name = name
        self.path = path
        self.hashAlgorithm = hashAlgorithm
        self.hash = hash
    }

    /// An output whose contents are known beforehand.
    package init(name: String = "out", path: StorePath?, fixed: FixedOutput) {
        self.init(
            name: name, path: path, hashAlgorithm: fixed.method.prefix + fixed.hash.algorithm.rawValue,
            hash: fixed.hash.base16)
    }

    package var isFixed: Bool { !hash.isEmpty }

    /// The known hash; nil for an output that the build decides.
    ///
    /// - Throws: `DerivationsError` for an algorithm or digest that is not understood.
    package func fixedOutput() throws(DerivationsError) -> FixedOutput? {
        guard isFixed else { return nil }
        let isRecursive = hashAlgorithm.hasPrefix("r:")
        let name = isRecursive ? String(hashAlgorithm.dropFirst(2)) : hashAlgorithm
        guard let algorithm = HashAlgorithm(rawValue: name) else { throw .unknownHashAlgorithm(hashAlgorithm) }
        return FixedOutput(method: isRecursive ? .recursive : .flat, hash: try ContentHash(algorithm, hash))
    }
}

/// The hash that a fixed output must have, and how it is taken.
package struct FixedOutput: Hashable, Sendable {
    package let method: IngestionMethod
    package let hash: ContentHash

    package init(method: IngestionMethod, hash: ContentHash) {
        self.method = method
        self.hash = hash
    }
}
