// SPDX-License-Identifier: GPL-3.0-or-later

/// What can be wrong with keys and signatures.
package enum SignatureError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(offset: Int, String)
    /// An expression that reads well but is no key, no signature, no list of keys.
    case unexpected(String)
    /// The signature is over another hash than that of what was signed.
    case otherHash
    /// It was not made with the key it names.
    case wrong
    /// It was made with a key that nobody here trusts.
    case untrusted
    case missing

    package var description: String {
        switch self {
        case .malformed(let offset, let problem): "the key or signature is malformed at byte \(offset): \(problem)"
        case .unexpected(let what): "expected \(what)"
        case .otherHash: "signed hash doesn't match actual contents"
        case .wrong: "the signature was not made with the key it names"
        case .untrusted: "the signature's key is not among those that are trusted"
        case .missing: "it lacks a signature"
        }
    }
}
