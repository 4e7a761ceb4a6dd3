// SPDX-License-Identifier: GPL-3.0-or-later

internal import CCrypto
package import Derivations

/// A key of Nix for checking `Sig:` lines: `name:base64`.
package struct NixPublicKey: Hashable, Sendable {
    package let name: String
    let bytes: [UInt8]

    /// - Throws: `SignatureError.unexpected` where `text` is none.
    package init(parsing text: String) throws(SignatureError) {
        (name, bytes) = try NixSignature.parts(of: text, count: 32, what: "a public key, NAME:BASE64")
    }

    init(name: String, bytes: [UInt8]) {
        (self.name, self.bytes) = (name, bytes)
    }

    package var text: String { "\(name):\(Base64.encode(bytes))" }
}

/// A key of Nix for signing, as `nix-store --generate-binary-cache-key` writes it.
package struct NixSecretKey: Sendable {
    package let publicKey: NixPublicKey
    fileprivate let seed: [UInt8]

    /// - Throws: `SignatureError.unexpected` where `text` is none.
    package init(parsing text: String) throws(SignatureError) {
        let (name, bytes) = try NixSignature.parts(of: text, count: 64, what: "a secret key, NAME:BASE64")
        seed = Array(bytes.prefix(32))
        publicKey = NixPublicKey(name: name, bytes: Array(bytes.suffix(32)))
    }
}

/// Ed25519 (RFC 8032) over what Nix calls the fingerprint of a path.
package enum NixSignature {
    static func parts(
        of text: String, count: Int, what: String
    ) throws(SignatureError) -> (name: String, bytes: [UInt8]) {
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
            let bytes = Base64.decode(Array(line[line.index(after: colon)...].utf8)), bytes.count == count
        else { throw .unexpected(what) }
        return (String(line[..<colon]), bytes)
    }

    static func sign(_ message: [UInt8], with key: NixSecretKey) -> [UInt8]? {
        guard let pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, key.seed, key.seed.count) else {
            return nil
        }
        defer { EVP_PKEY_free(pair) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, pair) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { return nil }
        return signature
    }

    static func isRight(_ signature: [UInt8], over message: [UInt8], key: NixPublicKey) -> Bool {
        guard signature.count == 64,
            let pair = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, key.bytes, key.bytes.count)
        else { return false }
        defer { EVP_PKEY_free(pair) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, pair) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

extension NarInfo {
    /// What Nix's signatures are over. Source: the Nix manual, "Signatures".
    package var nixFingerprint: String {
        let mentioned = references.sorted().map(\.description).joined(separator: ",")
        return "1;\(path);\(narHash);\(narSize);\(mentioned)"
    }

    /// With one more signature.
    ///
    /// - Throws: `SignatureError.unexpected` where libcrypto does not take the key.
    package func signedForNix(with secret: NixSecretKey) throws(SignatureError) -> NarInfo {
        guard let signature = NixSignature.sign(Array(nixFingerprint.utf8), with: secret) else {
            throw .unexpected("a key of Ed25519")
        }
        var signed = self
        signed.signatures.append("\(secret.publicKey.name):\(Base64.encode(signature))")
        return signed
    }

    /// - Throws: `SignatureError` unless one of its signatures is right and of a trusted key.
    package func checkNixSignature(trusted: some Sequence<NixPublicKey>) throws(SignatureError) {
        guard !signatures.isEmpty else { throw .missing }
        let message = Array(nixFingerprint.utf8)
        var isKnown = false
        for key in trusted {
            for signature in signatures {
                guard let parts = try? NixSignature.parts(of: signature, count: 64, what: ""), parts.name == key.name
                else {
                    continue
                }
                isKnown = true
                if NixSignature.isRight(parts.bytes, over: message, key: key) { return }
            }
        }
        throw isKnown ? .wrong : .untrusted
    }
}
