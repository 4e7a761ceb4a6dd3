// SPDX-License-Identifier: GPL-3.0-or-later

/// A value that can stand in a one-dimensional array of PostgreSQL; an array of bytes is a `bytea`.
package protocol PostgresArrayElement: PostgresEncodable, PostgresDecodable {
    static func encodeArray(_ elements: [Self]) -> PostgresParameter
    static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package func encoded() -> PostgresParameter { Element.encodeArray(self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> [Element] {
        try Element.decodeArray(bytes, type: type)
    }
}

extension PostgresArrayElement {
    /// An array literal, section 8.15.2 of PostgreSQL's manual; every element is quoted.
    package static func encodeArray(_ elements: [Self]) -> PostgresParameter {
        var literal: [UInt8] = [UInt8(ascii: "{")]
        for (index, element) in elements.enumerated() {
            if index > 0 { literal.append(UInt8(ascii: ",")) }
            appendQuoted(element.encoded().bytes ?? [], to: &literal)
        }
        literal.append(UInt8(ascii: "}"))
        return PostgresParameter(type: .unspecified, isBinary: false, bytes: literal)
    }

    private static func appendQuoted(_ bytes: [UInt8], to literal: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let escape = UInt8(ascii: "\\")
        literal.append(quote)
        for byte in bytes {
            if byte == quote || byte == escape { literal.append(escape) }
            literal.append(byte)
        }
        literal.append(quote)
    }

    /// The binary format of `array_recv` in PostgreSQL's source: dimensions, flags, element type, then per dimension
    /// its length and lower bound, then per element its length and bytes.
    package static func decodeArray(
        _ bytes: RawSpan, type: PostgresType
    ) throws(PostgresDecodingFailure) -> [Self] {
        guard bytes.byteCount >= 12 else { throw .type(type, asked: [Self].self) }
        let dimensions: Int32 = try bytes.bigEndian()
        let element = PostgresType(rawValue: try bytes.bigEndian(at: 8))
        if dimensions == 0 { return [] }
        guard dimensions == 1 else {
            throw PostgresDecodingFailure("it is no one-dimensional array but \(type)")
        }
        let count: Int32 = try bytes.bigEndian(at: 12)
        guard count >= 0, Int(count) <= bytes.byteCount / 4 else {
            throw PostgresDecodingFailure("an array of \(count) elements in \(bytes.byteCount) bytes")
        }
        return try decodeElements(bytes, count: Int(count), element: element)
    }

    private static func decodeElements(
        _ bytes: RawSpan, count: Int, element: PostgresType
    ) throws(PostgresDecodingFailure) -> [Self] {
        var values: [Self] = []
        values.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length: Int32 = try bytes.bigEndian(at: offset)
            offset += 4
            guard length >= 0 else {
                values.append(try decodeNull())
                continue
            }
            guard Int(length) <= bytes.byteCount - offset else {
                throw PostgresDecodingFailure("an array's element goes beyond its end")
            }
            values.append(try decode(bytes.extracting(offset..<offset + Int(length)), type: element))
            offset += Int(length)
        }
        return values
    }
}

extension PostgresArrayElement where Self: RawRepresentable, RawValue: PostgresArrayElement {
    package static func encodeArray(_ elements: [Self]) -> PostgresParameter {
        RawValue.encodeArray(elements.map(\.rawValue))
    }
}

extension Int: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension String: PostgresArrayElement {}
extension Bool: PostgresArrayElement {}

extension UInt8: PostgresArrayElement {
    package func encoded() -> PostgresParameter { .text(String(self)) }

    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> UInt8 {
        throw .type(type, asked: UInt8.self)
    }

    package static func encodeArray(_ elements: [UInt8]) -> PostgresParameter { .binary(elements, .bytea) }

    /// The bytes of a `bytea`, or of text and JSON, for which no `String` need be made.
    package static func decodeArray(
        _ bytes: RawSpan, type: PostgresType
    ) throws(PostgresDecodingFailure) -> [UInt8] {
        switch type {
        case .bytea, .text, .varchar, .json: bytes.array
        case .jsonb: Array(bytes.array.dropFirst())
        default: throw .type(type, asked: [UInt8].self)
        }
    }
}
