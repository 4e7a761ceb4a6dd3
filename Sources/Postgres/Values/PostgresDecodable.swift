// SPDX-License-Identifier: GPL-3.0-or-later

/// A value that can be read from a column, from PostgreSQL's binary format.
///
/// An enumeration or identifier with a raw value conforms by naming the protocol.
package protocol PostgresDecodable {
    static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Self
    /// What NULL becomes; everything but an optional refuses it.
    static func decodeNull() throws(PostgresDecodingFailure) -> Self
}

/// Why a value does not fit; `PostgresRow` adds the column.
package struct PostgresDecodingFailure: Error, Equatable {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }

    static func type(_ type: PostgresType, asked: Any.Type) -> PostgresDecodingFailure {
        PostgresDecodingFailure(
            type == .numeric
                ? "it is numeric, not \(asked); cast it in the statement, for example with ::bigint or ::float8"
                : "it is \(type), not \(asked)")
    }
}

extension PostgresDecodable {
    package static func decodeNull() throws(PostgresDecodingFailure) -> Self {
        throw PostgresDecodingFailure("it is NULL; ask for \(Self.self)? where it may be")
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Self {
        let raw = try RawValue.decode(bytes, type: type)
        guard let value = Self(rawValue: raw) else {
            throw PostgresDecodingFailure("\(raw) is no \(Self.self)")
        }
        return value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Self {
        try Wrapped.decode(bytes, type: type)
    }

    package static func decodeNull() throws(PostgresDecodingFailure) -> Self { nil }
}

extension RawSpan {
    /// An integer at an offset, in network byte order.
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int = 0, as type: Value.Type = Value.self
    ) throws(PostgresDecodingFailure) -> Value {
        guard offset >= 0, byteCount - offset >= MemoryLayout<Value>.size else {
            throw PostgresDecodingFailure("its \(byteCount) bytes are too few")
        }
        return Value(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
