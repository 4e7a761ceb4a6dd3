// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

extension EdwardsCurve {
    /// The hash as a number no longer than the order: its 253 first bits.
    private func number(of hash: ContentHash) -> WholeNumber { WholeNumber(hash.bytes).shiftedRight(3) }

    func isRight(r: WholeNumber, s: WholeNumber, hash: ContentHash, key: Point) -> Bool {
        guard !r.isZero, !s.isZero, r < scalars.modulus, s < scalars.modulus else { return false }
        let inverse = scalars.inverse(s)
        let one = scalars.multiply(number(of: hash), inverse)
        let other = scalars.multiply(r, inverse)
        let sum = add(multiply(base, by: one), multiply(key, by: other))
        return abscissa(of: sum) == r
    }

    func sign(_ hash: ContentHash, with secret: WholeNumber) -> (r: WholeNumber, s: WholeNumber) {
        var nonces = NonceGenerator(
            secret: secret.bytes(count: 32), hash: scalars.reduce(number(of: hash)).bytes(count: 32))
        while true {
            let nonce = WholeNumber(nonces.next()).shiftedRight(3)
            guard !nonce.isZero, nonce < scalars.modulus else { continue }
            let r = abscissa(of: multiply(base, by: nonce))
            let sum = scalars.add(number(of: hash), scalars.multiply(r, secret))
            let s = scalars.multiply(scalars.inverse(nonce), sum)
            if !r.isZero && !s.isZero { return (r, s) }
        }
    }
}

/// Numbers for ECDSA that follow from key and hash. Source: RFC 6979, 3.2, with SHA-256.
private struct NonceGenerator {
    private var key = [UInt8](repeating: 0, count: 32)
    private var value = [UInt8](repeating: 1, count: 32)
    private var isFirst = true

    init(secret: [UInt8], hash: [UInt8]) {
        for mark: UInt8 in [0, 1] {
            key = Self.authenticate(value + [mark] + secret + hash, key)
            value = Self.authenticate(value, key)
        }
    }

    mutating func next() -> [UInt8] {
        if !isFirst {
            key = Self.authenticate(value + [0], key)
            value = Self.authenticate(value, key)
        }
        isFirst = false
        value = Self.authenticate(value, key)
        return value
    }

    /// HMAC with SHA-256, for keys of 32 bytes. Source: RFC 2104.
    private static func authenticate(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        let padded = key + [UInt8](repeating: 0, count: 32)
        let inner = ContentHash.of(padded.map { $0 ^ 0x36 } + message)
        return ContentHash.of(padded.map { $0 ^ 0x5C } + inner.bytes).bytes
    }
}
