// SPDX-License-Identifier: GPL-3.0-or-later

/// A JSON document, bound as `jsonb` from bytes of UTF-8 without a detour through `String`.
package struct PostgresJSON: Sendable, Hashable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

extension PostgresJSON: PostgresEncodable, PostgresDecodable {
    package func encoded() -> PostgresParameter {
        PostgresParameter(type: .jsonb, isBinary: false, bytes: bytes)
    }

    package static func decode(
        _ bytes: RawSpan, type: PostgresType
    ) throws(PostgresDecodingFailure) -> PostgresJSON {
        switch type {
        case .json: PostgresJSON(bytes.array)
        case .jsonb: PostgresJSON(Array(bytes.array.dropFirst()))
        default: throw .type(type, asked: PostgresJSON.self)
        }
    }
}
