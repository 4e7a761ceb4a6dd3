// SPDX-License-Identifier: GPL-3.0-or-later

extension FixedWidthInteger {
    /// Any of PostgreSQL's integers, if the value fits.
    fileprivate static func decodeInteger(
        _ bytes: RawSpan, _ type: PostgresType
    ) throws(PostgresDecodingFailure) -> Self {
        let wide: Int64
        switch type {
        case .int2: wide = Int64(try bytes.bigEndian(as: Int16.self))
        case .int4: wide = Int64(try bytes.bigEndian(as: Int32.self))
        case .int8: wide = try bytes.bigEndian()
        case .oid: wide = Int64(try bytes.bigEndian(as: UInt32.self))
        default: throw .type(type, asked: Self.self)
        }
        guard let value = Self(exactly: wide) else {
            throw PostgresDecodingFailure("\(wide) does not fit into \(Self.self)")
        }
        return value
    }
}

extension Int: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Int {
        try decodeInteger(bytes, type)
    }
}

extension Int16: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Int16 {
        try decodeInteger(bytes, type)
    }
}

extension Int32: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Int32 {
        try decodeInteger(bytes, type)
    }
}

extension Int64: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Int64 {
        try decodeInteger(bytes, type)
    }
}

extension Bool: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Bool {
        guard type == .bool else { throw .type(type, asked: Bool.self) }
        return try bytes.bigEndian(as: UInt8.self) != 0
    }
}

extension Double: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> Double {
        switch type {
        case .float8: Double(bitPattern: try bytes.bigEndian())
        case .float4: Double(Float(bitPattern: try bytes.bigEndian()))
        default: throw .type(type, asked: Double.self)
        }
    }
}

extension String: PostgresDecodable {
    /// Text of any kind, JSON, enumerations and UUIDs.
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresDecodingFailure) -> String {
        switch type {
        case .text, .varchar, .bpchar, .name, .char, .unknown, .json, .xml:
            return try utf8(bytes.array)
        case .jsonb:
            return try utf8(Array(bytes.array.dropFirst()))
        case .uuid:
            return try uuid(bytes.array)
        default:
            guard type.rawValue >= PostgresType.firstOfUsers else { throw .type(type, asked: String.self) }
            return try utf8(bytes.array)
        }
    }

    private static func utf8(_ bytes: [UInt8]) throws(PostgresDecodingFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PostgresDecodingFailure("it is not UTF-8")
        }
        return text
    }

    private static func uuid(_ bytes: [UInt8]) throws(PostgresDecodingFailure) -> String {
        guard bytes.count == 16 else { throw PostgresDecodingFailure("a UUID of \(bytes.count) bytes") }
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            let digits = String(byte, radix: 16)
            text += digits.utf8.count == 1 ? "0\(digits)" : digits
        }
        return text
    }
}
