// SPDX-License-Identifier: GPL-3.0-or-later

/// A digest together with the function that made it.
package struct ContentHash: Hashable, Sendable {
    package let algorithm: HashAlgorithm
    package let bytes: [UInt8]

    /// - Throws: `DerivationsError.invalidHash` when `bytes` has not the algorithm's length.
    package init(_ algorithm: HashAlgorithm, bytes: [UInt8]) throws(DerivationsError) {
        guard bytes.count == algorithm.byteCount else {
            throw .invalidHash("\(algorithm.rawValue):\(Hexadecimal.encode(bytes))")
        }
        self.init(algorithm, verified: bytes)
    }

    init(_ algorithm: HashAlgorithm, verified bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// The digest of bytes in memory.
    package static func of(_ bytes: [UInt8], _ algorithm: HashAlgorithm = .sha256) -> ContentHash {
        var hasher = ContentHasher(algorithm)
        hasher.update(bytes)
        return hasher.finalize()
    }

    package var base16: String { Hexadecimal.encode(bytes) }
    package var base32: String { Base32.encode(bytes) }
    package var base64: String { Base64.encode(bytes) }
}

extension ContentHash: CustomStringConvertible {
    /// `sha256:` and base 32, as narinfos and the daemon's messages write it.
    package var description: String { "\(algorithm.rawValue):\(base32)" }
}

extension ContentHash {
    /// Reads a digest in base 16, 32 or 64, told apart by length.
    package init(_ algorithm: HashAlgorithm, _ text: String) throws(DerivationsError) {
        let count = algorithm.byteCount
        let characters = Array(text.utf8)
        let decoded: [UInt8]? =
            switch characters.count {
            case count * 2: Hexadecimal.decode(characters)
            case Base32.length(of: count): Base32.decode(characters)
            case Base64.length(of: count): Base64.decode(characters)
            default: nil
            }
        guard let decoded, decoded.count == count else { throw .invalidHash(text) }
        self.init(algorithm, verified: decoded)
    }

    /// Reads `sha256:…` in any base, or the web's `sha256-…` in base 64.
    package init(parsing text: String) throws(DerivationsError) {
        guard let separator = text.firstIndex(where: { $0 == ":" }) ?? text.lastIndex(of: "-") else {
            throw .invalidHash(text)
        }
        let name = String(text[..<separator])
        guard let algorithm = HashAlgorithm(rawValue: name) else { throw .unknownHashAlgorithm(name) }
        try self.init(algorithm, String(text[text.index(after: separator)...]))
    }
}
