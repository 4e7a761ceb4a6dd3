// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// Guix's signature of a SHA-256: an s-expression with the hash, ECDSA's two numbers, and the key.
package struct GuixSignature: Sendable {
    package let hash: ContentHash
    package let key: GuixPublicKey
    private let r: [UInt8]
    private let s: [UInt8]

    /// - Throws: `SignatureError` where `text` is none; whether it is right is not looked at.
    package init(parsing text: String) throws(SignatureError) {
        let expression = try SExpression(parsing: text)
        guard let parts = expression.find("signature"), let hash = expression.find("hash"), hash.count == 2,
            hash[0] == .word("sha256"), case .data(let bytes) = hash[1],
            let digest = try? ContentHash(.sha256, bytes: bytes),
            let r = expression.datum("r"), let s = expression.datum("s"), expression.find("ecdsa") != nil,
            r.count <= 33, s.count <= 33
        else { throw .unexpected("a signature") }
        self.hash = digest
        (self.r, self.s) = (r, s)
        key = try GuixPublicKey(.list(parts))
    }

    package init(of hash: ContentHash, with secret: GuixSecretKey) {
        self.hash = hash
        key = secret.publicKey
        let (r, s) = secret.sign(hash)
        (self.r, self.s) = (r.bytes(), s.bytes())
    }

    /// As Guix writes it.
    package var text: String {
        let value = SExpression.list([.word("ecdsa"), .list([.word("r"), .data(r)]), .list([.word("s"), .data(s)])])
        let data: [SExpression] = [
            .word("data"), .list([.word("flags"), .word("rfc6979")]),
            .list([.word("hash"), .word("sha256"), .data(hash.bytes)]),
        ]
        let parts: [SExpression] = [
            .word("signature"), .list(data), .list([.word("sig-val"), value]), key.expression,
        ]
        return SExpression.list(parts).description
    }

    /// Whether it is over `actual`, was made with the key it names, and that key is trusted.
    ///
    /// - Throws: `SignatureError.otherHash`, `.untrusted` or `.wrong`.
    package func check(_ actual: ContentHash, trusted: Set<GuixPublicKey>) throws(SignatureError) {
        guard actual == hash else { throw .otherHash }
        guard trusted.contains(key) else { throw .untrusted }
        let curve = EdwardsCurve()
        guard let point = curve.point(key.point),
            curve.isRight(r: WholeNumber(r), s: WholeNumber(s), hash: hash, key: point)
        else { throw .wrong }
    }
}

extension NarInfo {
    /// Signed as `guix publish` does.
    package func signedForGuix(with secret: GuixSecretKey, host: String) -> NarInfo {
        var signed = unsignedForGuix()
        let signature = GuixSignature(of: .of(Array(signed.guixSignedPart().utf8)), with: secret)
        signed.guixSignature = "1;\(host);\(Base64.encode(Array(signature.text.utf8)))"
        return signed
    }

    /// - Throws: `SignatureError` unless it has a right signature of a trusted key.
    package func checkGuixSignature(trusted: Set<GuixPublicKey>) throws(SignatureError) {
        guard let guixSignature else { throw .missing }
        let parts = guixSignature.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "1", let bytes = Base64.decode(Array(parts[2].utf8)) else {
            throw .unexpected("a signature of version 1")
        }
        let signature = try GuixSignature(parsing: String(decoding: bytes, as: UTF8.self))
        let text = guixSignedPart()
        try signature.check(.of(Array(text.utf8)), trusted: trusted)
        // A line after the signature may say otherwise, and nobody has signed that.
        guard let signed = try? NarInfo(parsing: text), signed.path == path, signed.narHash == narHash,
            signed.narSize == narSize, signed.references == references, signed.deriver == deriver
        else { throw .unexpected("a signature over all that matters") }
    }
}

extension ExportedItem {
    /// - Parameter hash: SHA-256 of the item's archive and `signedTrailer()`.
    /// - Throws: `SignatureError` unless it has a right signature of a trusted key.
    package func checkSignature(hash: ContentHash, trusted: Set<GuixPublicKey>) throws(SignatureError) {
        guard let signature else { throw .missing }
        try GuixSignature(parsing: signature).check(hash, trusted: trusted)
    }
}
