// SPDX-License-Identifier: GPL-3.0-or-later

/// How the hash of a fixed output, or of an added file, is taken.
package enum IngestionMethod: String, Sendable, Hashable {
    /// Over the bytes of one file that is not executable.
    case flat
    /// Over the archive of a file or directory.
    case recursive

    /// What stands before the algorithm's name in a derivation.
    package var prefix: String {
        switch self {
        case .flat: ""
        case .recursive: "r:"
        }
    }
}

// Source of the formulas: the Nix manual, "Complete Store Path Calculation"; Guix uses the same.
extension StorePath {
    /// The path of an item of a given type: the folded hash of `type:sha256:hash:directory:name`.
    static func make(
        type: String, hash: ContentHash, in directory: StoreDirectory, name: String
    ) throws(DerivationsError) -> StorePath {
        let text = "\(type):sha256:\(hash.base16):\(directory.path):\(name)"
        return try StorePath(directory, Digest(folding: .of(Array(text.utf8))), name: name)
    }

    /// The path of a text file, such as a `.drv`, that refers to other items.
    package static func text(
        _ contents: [UInt8], name: String, references: some Sequence<StorePath>, in directory: StoreDirectory
    ) throws(DerivationsError) -> StorePath {
        let type = Set(references).sorted().reduce(into: "text") { $0 += ":\($1)" }
        return try make(type: type, hash: .of(contents), in: directory, name: name)
    }

    /// The path of an item with a known hash: an added source or a fixed output.
    ///
    /// - Parameter references: only for items added recursively by SHA-256; the item may not refer to itself.
    package static func fixed(
        _ method: IngestionMethod, _ hash: ContentHash, name: String, references: some Sequence<StorePath> = [],
        in directory: StoreDirectory
    ) throws(DerivationsError) -> StorePath {
        if method == .recursive && hash.algorithm == .sha256 {
            let type = Set(references).sorted().reduce(into: "source") { $0 += ":\($1)" }
            return try make(type: type, hash: hash, in: directory, name: name)
        }
        let inner = "fixed:out:\(method.prefix)\(hash.algorithm.rawValue):\(hash.base16):"
        return try make(type: "output:out", hash: .of(Array(inner.utf8)), in: directory, name: name)
    }

    /// The path of an output of a derivation whose hash modulo fixed outputs is known.
    static func output(
        _ output: String, of hash: ContentHash, name: String, in directory: StoreDirectory
    ) throws(DerivationsError) -> StorePath {
        try make(
            type: "output:\(output)", hash: hash, in: directory, name: output == "out" ? name : "\(name)-\(output)")
    }
}
