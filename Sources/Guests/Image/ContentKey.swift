// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

/// SHA-256 keys of what images are made from.
enum ContentKey {
    static func of(_ bytes: [UInt8]) -> String {
        var hasher = ContentHasher()
        hasher.update(bytes)
        return hasher.finalize().base16
    }

    static func ofFile(_ path: String) throws(GuestError) -> String { of(try FileTree.read(path)) }
}
