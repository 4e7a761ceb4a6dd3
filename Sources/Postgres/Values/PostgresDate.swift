// SPDX-License-Identifier: GPL-3.0-or-later

/// A calendar day as `date` keeps it: days since 1970-01-01.
///
/// PostgreSQL's `infinity` and `-infinity` are the largest and smallest value.
package struct PostgresDate: Sendable, Hashable, Comparable {
    package var daysSince1970: Int32

    package init(daysSince1970: Int32) {
        self.daysSince1970 = daysSince1970
    }

    package static func < (left: PostgresDate, right: PostgresDate) -> Bool {
        left.daysSince1970 < right.daysSince1970
    }

    /// From 1970 to 2000, where PostgreSQL's count begins.
    private static let epochOffset: Int32 = 10_957
}

extension PostgresDate: PostgresEncodable, PostgresDecodable {
    package func encoded() -> PostgresParameter {
        let isInfinite = daysSince1970 == .max || daysSince1970 == .min
        let (days, overflow) = daysSince1970.subtractingReportingOverflow(Self.epochOffset)
        let wireValue = isInfinite ? daysSince1970 : overflow ? .min : days
        return .binary(withUnsafeBytes(of: wireValue.bigEndian) { Array($0) }, .date)
    }

    package static func decode(
        _ bytes: RawSpan, type: PostgresType
    ) throws(PostgresDecodingFailure) -> PostgresDate {
        guard type == .date else { throw .type(type, asked: PostgresDate.self) }
        let wireValue: Int32 = try bytes.bigEndian()
        if wireValue == .max || wireValue == .min { return PostgresDate(daysSince1970: wireValue) }
        let (days, overflow) = wireValue.addingReportingOverflow(Self.epochOffset)
        return PostgresDate(daysSince1970: overflow ? .max : days)
    }
}
