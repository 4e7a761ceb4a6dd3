// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Rewriting
import Sources

/// Where ready-made outputs and past sources are looked for.
package struct SourceSettings: Sendable, Equatable {
    /// Servers of ready-made outputs, asked in this order.
    package var substituteURLs = SourcePlan.Servers.public.substitutes
    /// Files of keys whose signatures of these are believed, beside those of the public servers and `/etc/guix/acl`.
    package var substituteKeyFiles: [String] = []
    /// Templates of addresses of files by their hash.
    package var contentAddressed = MirrorLists.hashed
    package var heritage = SourcePlan.Servers.public.heritage
    package var disarchive = MirrorLists.disarchivePlaces

    package init() {}

    static let keys = [
        "substitute-urls": "http or https URLs, or 'none'", "substitute-keys": "files",
        "content-addressed-mirrors": "URLs with {name}, {algorithm}, {base32} or {base16}, or 'none'",
        "software-heritage": "the URL of its programming interface, or 'none'",
        "disarchive-mirrors": "http or https URLs, or 'none'",
    ]

    /// - Returns: whether the value fits; nil where the key is none of these.
    package mutating func set(_ key: String, _ value: String) -> Bool? {
        let words = value == "none" ? [] : value.split(whereSeparator: \.isWhitespace).map(String.init)
        let areAddresses = words.allSatisfy { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
        switch key {
        case "substitute-urls": substituteURLs = words.map(Self.folder)
        case "substitute-keys":
            substituteKeyFiles = words.map { DataDirectory.absolute($0) }
            return true
        case "content-addressed-mirrors": contentAddressed = words
        case "software-heritage":
            heritage = words.first.map(Self.folder)
            return areAddresses && words.count <= 1
        case "disarchive-mirrors": disarchive = words.map(Self.folder)
        default: return nil
        }
        return areAddresses
    }

    private static func folder(_ address: String) -> String { address.hasSuffix("/") ? address : address + "/" }

    /// Where past sources are looked for beside their own addresses.
    var places: SourcePlan.Servers {
        SourcePlan.Servers(
            substitutes: substituteURLs, hashed: contentAddressed, heritage: heritage, disarchive: disarchive)
    }

    /// - Throws: `SourceError` for a file that holds no keys.
    func keys() throws -> SubstituteKeys {
        var keys = SubstituteKeys.public
        let list = "/etc/guix/acl"
        if FileManager.default.isReadableFile(atPath: list) { try keys.add(file: list) }
        for file in substituteKeyFiles { try keys.add(file: file) }
        return keys
    }
}
