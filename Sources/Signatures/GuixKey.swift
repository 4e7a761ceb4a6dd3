// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

/// A key with which Guix's signatures are checked, as `signing-key.pub` holds it.
package struct GuixPublicKey: Hashable, Sendable {
    /// The point, 32 bytes.
    let point: [UInt8]

    init(point: [UInt8]) throws(SignatureError) {
        guard EdwardsCurve().point(point) != nil else { throw .unexpected("a point of the curve Ed25519") }
        self.point = point
    }

    /// - Throws: `SignatureError` where `text` holds no key of the curve Ed25519.
    package init(parsing text: String) throws(SignatureError) {
        try self.init(SExpression(parsing: text))
    }

    init(_ expression: SExpression) throws(SignatureError) {
        guard let parts = expression.find("public-key") else { throw .unexpected("a public key") }
        let key = SExpression.list(parts)
        guard key.datum("curve") == Array("Ed25519".utf8), let point = key.datum("q") else {
            throw .unexpected("a public key of the curve Ed25519")
        }
        try self.init(point: point)
    }

    var expression: SExpression {
        .list([
            .word("public-key"),
            .list([
                .word("ecc"), .list([.word("curve"), .word("Ed25519")]), .list([.word("q"), .data(point)]),
            ]),
        ])
    }

    /// What `guix archive --authorize` reads.
    package var text: String { expression.description }

    /// The keys that an access control list (`/etc/guix/acl`) lets import.
    ///
    /// - Throws: `SignatureError` where `text` is no such list.
    package static func authorized(inList text: String) throws(SignatureError) -> Set<GuixPublicKey> {
        guard let entries = try SExpression(parsing: text).find("acl") else {
            throw .unexpected("an access control list")
        }
        var keys: Set<GuixPublicKey> = []
        for entry in entries {
            guard let parts = entry.find("entry"), let tag = SExpression.list(parts).find("tag"),
                tag.contains(.list([.word("guix"), .word("import")]))
            else { continue }
            keys.insert(try GuixPublicKey(entry))
        }
        return keys
    }
}

/// A key with which to sign as Guix does.
package struct GuixSecretKey: Sendable {
    package let publicKey: GuixPublicKey
    private let secret: [UInt8]

    /// - Throws: `SignatureError` where `text`, as `signing-key.sec` holds it, has no key of the curve Ed25519.
    package init(parsing text: String) throws(SignatureError) {
        guard let parts = try SExpression(parsing: text).find("private-key"),
            let secret = SExpression.list(parts).datum("d"), secret.count <= 33
        else { throw .unexpected("a private key") }
        try self.init(secret: secret)
    }

    private init(secret: [UInt8]) throws(SignatureError) {
        let curve = EdwardsCurve()
        let number = WholeNumber(secret)
        guard !number.isZero, number < curve.scalars.modulus else {
            throw .unexpected("a private key of the curve Ed25519")
        }
        self.secret = number.bytes(count: 32)
        publicKey = try GuixPublicKey(point: curve.bytes(of: curve.multiply(curve.base, by: number)))
    }

    /// A new key.
    package static func generate() throws(SignatureError) -> GuixSecretKey {
        var generator = SystemRandomNumberGenerator()
        // 32 bytes more than needed, so that no remainder is likelier than another.
        let random = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return try GuixSecretKey(secret: EdwardsCurve().scalars.reduce(WholeNumber(random)).bytes(count: 32))
    }

    /// What `signing-key.sec` holds.
    package var text: String {
        let parts = [
            SExpression.list([.word("curve"), .word("Ed25519")]), .list([.word("q"), .data(publicKey.point)]),
            .list([.word("d"), .data(secret)]),
        ]
        let key = SExpression.list([.word("private-key"), .list([.word("ecc")] + parts)])
        return SExpression.list([.word("key-data"), publicKey.expression, key]).description
    }

    func sign(_ hash: ContentHash) -> (r: WholeNumber, s: WholeNumber) {
        EdwardsCurve().sign(hash, with: WholeNumber(secret))
    }
}
