// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
package import Signatures

/// Whose signatures of substitutes are believed.
package struct SubstituteKeys: Sendable {
    package var guix: Set<GuixPublicKey>
    package var nix: [NixPublicKey]

    package init(guix: Set<GuixPublicKey> = [], nix: [NixPublicKey] = []) {
        self.guix = guix
        self.nix = nix
    }

    /// Those of the public servers of Guix, as Guix itself installs them.
    ///
    /// Source: `etc/substitutes/*.pub` of Guix.
    package static let `public`: SubstituteKeys = {
        let points = [
            "7D602902D3A2DBB83F8A0FB98602A754C5493B0B778C8D1DD4E0F41DE14DE34F",
            "8D156F295D24B0D9A86FA5741A840FF2D24F60F7B6C4134814AD55625971B394",
        ]
        let keys = points.compactMap { try? GuixPublicKey(parsing: "(public-key (ecc (curve Ed25519) (q #\($0)#)))") }
        return SubstituteKeys(guix: Set(keys))
    }()

    /// Adds what a file holds: `/etc/guix/acl`, a `signing-key.pub`, or a line `NAME:BASE64` of Nix.
    ///
    /// - Throws: `SourceError.failed` where it holds none of these.
    package mutating func add(file: String) throws {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw SourceError.failed("\(file) cannot be read; expected a public key, or an access control list of Guix")
        }
        defer { try? handle.close() }
        let text = String(decoding: try handle.read(upToCount: 1 << 20) ?? Data(), as: UTF8.self)
        do {
            try add(text: text)
        } catch {
            throw SourceError.failed(
                "\(file): \(error); a file of keys is /etc/guix/acl, a signing-key.pub, or a line NAME:BASE64")
        }
    }

    mutating func add(text: String) throws(SignatureError) {
        if let key = try? NixPublicKey(parsing: text) {
            nix.append(key)
        } else if let listed = try? GuixPublicKey.authorized(inList: text) {
            guix.formUnion(listed)
        } else {
            guix.insert(try GuixPublicKey(parsing: text))
        }
    }
}
