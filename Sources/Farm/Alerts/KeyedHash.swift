// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations

/// HMAC, RFC 2104.
package enum KeyedHash {
    /// - Returns: the digest in base 16.
    package static func sha256(key: [UInt8], message: [UInt8]) -> String {
        var block = key.count > 64 ? hash([key]) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = hash([block.map { $0 ^ 0x36 }, message])
        return hash([block.map { $0 ^ 0x5C }, inner]).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
    }

    /// Compares in a time that says nothing of where the two differ; their lengths are no secret.
    package static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hash(_ parts: [[UInt8]]) -> [UInt8] {
        var hasher = ContentHasher(.sha256)
        for part in parts { hasher.update(part) }
        return hasher.finalize().bytes
    }
}
