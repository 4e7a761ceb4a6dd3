// SPDX-License-Identifier: GPL-3.0-or-later

internal import CSSH
internal import Foundation

/// An Ed25519 key pair, made anew for each guest and kept in memory.
package struct SecureShellKeyPair: Sendable {
    /// The private key in OpenSSH's text form.
    let privateText: String
    /// The public key, base64 without its type's name.
    package let publicBase64: String

    /// Makes a new pair.
    package init() throws(SecureShellError) {
        var key: ssh_key?
        guard ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK, let key else {
            throw .key("an Ed25519 key could not be generated")
        }
        defer { ssh_key_free(key) }
        privateText = try SecureShellKeyPair.exported("private") {
            ssh_pki_export_privkey_base64(key, nil, nil, nil, $0)
        }
        publicBase64 = try SecureShellKeyPair.exported("public") { ssh_pki_export_pubkey_base64(key, $0) }
    }

    /// The line of an `authorized_keys` file that lets the owner of this key in.
    package var authorizedKeysLine: String { "ssh-ed25519 \(publicBase64)\n" }

    private static func exported(
        _ part: String, _ export: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) throws(SecureShellError) -> String {
        var text: UnsafeMutablePointer<CChar>?
        guard export(&text) == SSH_OK, let text else { throw .key("the \(part) key could not be exported") }
        defer { cssh_free_text(text) }
        return String(cString: text)
    }
}

extension SecureShellKeyPair {
    /// The private key as a dropbear host key file: two SSH strings, the type's name and 64 bytes, the seed and the
    /// public key (dropbear, `signkey.c`).
    package func dropbearHostKey() throws(SecureShellError) -> [UInt8] {
        var reader = WireReader(try decodedPrivateKey())
        // PROTOCOL.key of OpenSSH: magic, cipher, key derivation and its options, number of keys, public key, private.
        try reader.skip(Array("openssh-key-v1\0".utf8).count)
        for _ in 0..<3 { _ = try reader.string() }
        try reader.skip(4)
        _ = try reader.string()
        var secret = WireReader(try reader.string())
        try secret.skip(8)
        let type = try secret.string()
        _ = try secret.string()
        let key = try secret.string()
        guard key.count == 64 else { throw .key("the private key has \(key.count) bytes, not 64") }
        return WireReader.lengthPrefixed(type) + WireReader.lengthPrefixed(key)
    }

    private func decodedPrivateKey() throws(SecureShellError) -> [UInt8] {
        let base64 = privateText.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let data = Data(base64Encoded: base64) else { throw .key("the private key is not base64") }
        return Array(data)
    }
}

/// Reads the length-prefixed strings of RFC 4251, section 5.
private struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func skip(_ count: Int) throws(SecureShellError) {
        guard rest.count >= count else { throw .key("the private key ends too early") }
        rest = rest.dropFirst(count)
    }

    mutating func string() throws(SecureShellError) -> [UInt8] {
        guard rest.count >= 4 else { throw .key("the private key ends too early") }
        let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        try skip(4)
        let value = Array(rest.prefix(count))
        try skip(count)
        return value
    }

    static func lengthPrefixed(_ bytes: [UInt8]) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
    }
}
