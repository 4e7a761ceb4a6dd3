// SPDX-License-Identifier: GPL-3.0-or-later

extension Candidate {
    /// Instants at which counters, encodings and century rules of common formats run out; they need no evidence to be tried.
    package static let wellKnown: [Candidate] = [
        constant(.signed32Bit, 2_147_483_648, .notAfter, 0.8, "2^31 seconds: a signed 32-bit time overflows"),
        constant(.unsigned32Bit, 4_294_967_296, .notAfter, 0.1, "2^32 seconds: an unsigned 32-bit time overflows"),
        constant(.networkTimeEra, 2_085_978_496, .notAfter, 0.12, "the first era of network time (RFC 5905) ends"),
        constant(.encodingPivot, year(2050), .notAfter, 0.2, "UTCTime (RFC 5280) names no year after 2049"),
        constant(.twoDigitPivot, year(2069), .notAfter, 0.4, "POSIX reads the two-digit years 69 to 99 as 19xx"),
        constant(.twoDigitPivot, year(2070), .notAfter, 0.1, "two-digit years from 70 on are read as 19xx"),
        constant(.centuryRule, year(2100), .notAfter, 0.5, "a two-digit year comes round again in 2100"),
        constant(
            .centuryRule, CivilDate(firstOf: 2100).adding(days: 59).start.seconds, .notAfter, 0.2,
            "2100 has no 29 February"),
        constant(.twoDigitPivot, year(2000), .either, 0.2, "a two-digit year comes round again in 2000"),
        constant(.yearBoundary, year(1980), .notBefore, 0.3, "ZIP and FAT name no time before 1980"),
        constant(.yearBoundary, year(2038), .notAfter, 0.2, "dates cut off before the year of the 32-bit overflow"),
    ]

    private static func year(_ year: Int) -> Int64 { CivilDate(firstOf: year).start.seconds }

    private static func constant(
        _ kind: Kind, _ seconds: Int64, _ side: Side, _ weight: Double, _ text: String
    ) -> Candidate {
        let instant = Instant(seconds: seconds)
        return Candidate(
            kind: kind, instant: instant, side: side, weight: weight,
            origin: Evidence(kind: .constant, instant: instant, text: text))
    }
}
