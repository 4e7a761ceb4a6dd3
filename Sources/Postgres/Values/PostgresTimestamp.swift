// SPDX-License-Identifier: GPL-3.0-or-later

/// An instant as `timestamptz` keeps it: microseconds since 1970-01-01T00:00:00Z.
///
/// PostgreSQL's `infinity` and `-infinity` are the largest and smallest value.
package struct PostgresTimestamp: Sendable, Hashable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Whole seconds since 1970-01-01T00:00:00Z; what is out of range becomes infinite.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    package var seconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    package static let infinity = PostgresTimestamp(microseconds: .max)
    package static let negativeInfinity = PostgresTimestamp(microseconds: .min)

    package static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// From 1970 to 2000, where PostgreSQL's count begins.
    private static let epochOffset: Int64 = 946_684_800_000_000

    /// Microseconds since 2000-01-01, PostgreSQL's own count; what is out of its range becomes infinite.
    var wireValue: Int64 {
        if self == .infinity || self == .negativeInfinity { return microseconds }
        let (value, overflow) = microseconds.subtractingReportingOverflow(Self.epochOffset)
        return overflow ? .min : value
    }

    init(wireValue: Int64) {
        if wireValue == .max || wireValue == .min {
            microseconds = wireValue
        } else {
            let (value, overflow) = wireValue.addingReportingOverflow(Self.epochOffset)
            microseconds = overflow ? .max : value
        }
    }
}

extension PostgresTimestamp: PostgresEncodable, PostgresDecodable {
    package func encoded() -> PostgresParameter {
        .binary(withUnsafeBytes(of: wireValue.bigEndian) { Array($0) }, .timestamptz)
    }

    package static func decode(
        _ bytes: RawSpan, type: PostgresType
    ) throws(PostgresDecodingFailure) -> PostgresTimestamp {
        guard type == .timestamptz else { throw .type(type, asked: PostgresTimestamp.self) }
        return PostgresTimestamp(wireValue: try bytes.bigEndian())
    }
}
