// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

extension JobsetDescription {
    /// The description as JSON for the database: every default written out, keys sorted, on one line.
    ///
    /// Equal descriptions give equal text. As JSON is YAML, the text is itself a jobset file.
    package var canonicalJSON: String {
        get throws { try JobsetDescription.json(of: self) }
    }

    /// Reads what `canonicalJSON` wrote, also after the database has ordered and spaced it its own way.
    ///
    /// Keys that came with a later version of Almanac get their defaults, so that stored jobsets outlive an upgrade.
    package init(canonicalJSON text: String) throws(InvalidJobset) {
        self = try JobsetReader.read(text, file: "stored jobset")
    }

    /// Two descriptions with equal fingerprints ask for the same builds of the same revision.
    ///
    /// It is the canonical JSON of the part that decides this: engine, channel, packages and conditions.
    package var fingerprint: String {
        get throws {
            try JobsetDescription.json(
                of: Deciding(engine: engine, channel: channel, packages: packages, screen: screen, reference: reference)
            )
        }
    }

    private struct Deciding: Encodable {
        let engine: Engine
        let channel: ChannelDescription
        let packages: PackageSelection
        let screen: Screening
        let reference: ReferenceConditions
    }

    private static func json(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
