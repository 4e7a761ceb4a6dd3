// SPDX-License-Identifier: GPL-3.0-or-later

/// The words of logs that speak of dates and processors, and what each proves.
enum LogPatterns {
    struct Pattern {
        let text: String
        let kind: LogFact.Kind?
        let side: LogFact.Side?

        /// A word without a kind of its own only marks a line as worth reading closer.
        init(_ text: String, _ kind: LogFact.Kind? = nil, _ side: LogFact.Side? = nil) {
            self.text = text
            self.kind = kind
            self.side = side
        }
    }

    /// The first that matches a line gives its kind; more telling ones stand first.
    static let all: [Pattern] = [
        Pattern("certificate has expired", .certificateExpired, .after),
        Pattern("alert_certificate_expired", .certificateExpired, .after),
        Pattern("alert certificate expired", .certificateExpired, .after),
        Pattern("crl has expired", .certificateExpired, .after),
        Pattern("certificate is not yet valid", .certificateNotYetValid, .before),
        Pattern("certificate not yet valid", .certificateNotYetValid, .before),
        Pattern("crl is not yet valid", .certificateNotYetValid, .before),
        Pattern("alert_bad_certificate", .certificateNotYetValid, .before),
        Pattern("alert bad certificate", .certificateNotYetValid, .before),
        Pattern("expkeysig", .keyExpired, .after),
        Pattern("keyexpired", .keyExpired, .after),
        Pattern("key has expired", .keyExpired, .after),
        Pattern("key expired", .keyExpired, .after),
        Pattern("signature has expired", .signatureExpired, .after),
        Pattern("signature expired", .signatureExpired, .after),
        Pattern("expiredsignatureerror", .signatureExpired, .after),
        Pattern("token has expired", .signatureExpired, .after),
        Pattern("token is expired", .signatureExpired, .after),
        Pattern("immaturesignatureerror", .signatureNotYetValid, .before),
        Pattern("token is not yet valid", .signatureNotYetValid, .before),
        Pattern("notonorafter", .signatureExpired),
        Pattern("expiredmetadataerror", .dataExpired, .after),
        Pattern("zip does not support timestamps before 1980", .dosTime, .before),
        Pattern("-2147483648 <= number", .signed32Bit, .after),
        Pattern("too large to convert to c", .signed32Bit, .after),
        Pattern("out of range for platform time_t", .signed32Bit, .after),
        Pattern("<= 4294967295", .unsigned32Bit, .after),
        Pattern("overflowerror", .signed32Bit, .after),
        Pattern("day is out of range for month", .dayOutOfRange),
        Pattern("illegal instruction", .illegalInstruction),
        Pattern("sigill", .illegalInstruction),
        Pattern("signal 4", .illegalInstruction),
        Pattern("status 132", .illegalInstruction),
        Pattern("exit code 132", .illegalInstruction),
        Pattern("-march=native", .nativeTuning),
        Pattern("is expired", .dataExpired, .after),
        // Read closer.
        Pattern("not after"), Pattern("not before"), Pattern("notafter"), Pattern("expire"), Pattern("valid until"),
        Pattern("not valid"), Pattern("!="), Pattern("not found in"), Pattern("assert"), Pattern("expected"),
        Pattern("error"), Pattern("fail"), Pattern("not equal"), Pattern("lists differ"),
    ]

    /// Words of a check that prints dates but says the same on both sides.
    static let validityWords: Set<String> = [
        "not after", "not before", "notafter", "expire", "valid until", "not valid",
    ]
    static let comparisonWords: Set<String> = ["!=", "not found in", "expected", "not equal", "lists differ"]

    static let matcher = PatternMatcher(all.map(\.text))
    static let validity = bits(validityWords)
    static let comparison = bits(comparisonWords)

    private static func bits(_ words: Set<String>) -> UInt64 {
        all.enumerated().reduce(0) { words.contains($1.element.text) ? $0 | 1 << UInt64($1.offset) : $0 }
    }
}
