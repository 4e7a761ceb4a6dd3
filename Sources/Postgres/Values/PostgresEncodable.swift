// SPDX-License-Identifier: GPL-3.0-or-later

/// A value that can be bound to a parameter.
///
/// An enumeration or identifier with a raw value conforms by naming the protocol.
package protocol PostgresEncodable: Sendable {
    func encoded() -> PostgresParameter
}

/// A parameter's bytes, and how the server is to read them.
///
/// Most values go as text of unspecified type, so that the server reads them as what the statement needs: the same
/// `String` fills a `text`, a `jsonb` or an enumeration. Where a statement says too little, cast: `$1::bigint`.
package struct PostgresParameter: Sendable, Equatable {
    var type: PostgresType
    var isBinary: Bool
    /// Nil for NULL.
    var bytes: [UInt8]?

    package static let null = PostgresParameter(type: .unspecified, isBinary: false, bytes: nil)

    package static func text(_ value: some StringProtocol) -> PostgresParameter {
        PostgresParameter(type: .unspecified, isBinary: false, bytes: Array(value.utf8))
    }

    package static func binary(_ bytes: [UInt8], _ type: PostgresType) -> PostgresParameter {
        PostgresParameter(type: type, isBinary: true, bytes: bytes)
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    package func encoded() -> PostgresParameter { rawValue.encoded() }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package func encoded() -> PostgresParameter { self?.encoded() ?? .null }
}

extension Bool: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(self ? "t" : "f") }
}

extension Int: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(String(self)) }
}

extension Int16: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(String(self)) }
}

extension Int32: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(String(self)) }
}

extension Int64: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(String(self)) }
}

extension Double: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(String(self)) }
}

extension String: PostgresEncodable {
    package func encoded() -> PostgresParameter { .text(self) }
}
