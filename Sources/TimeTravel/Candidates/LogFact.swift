// SPDX-License-Identifier: GPL-3.0-or-later

/// One thing a build's log says about dates or processors, with the line it stands on.
package struct LogFact: Hashable, Codable, Sendable {
    /// What kind of trouble the line speaks of.
    package enum Kind: String, CaseIterable, Codable, Hashable, Sendable {
        case certificateExpired = "certificate-expired"
        case certificateNotYetValid = "certificate-not-yet-valid"
        /// A check that prints validity dates but says the same words on both sides.
        case validityDates = "validity-dates"
        case keyExpired = "key-expired"
        case signatureExpired = "signature-expired"
        case signatureNotYetValid = "signature-not-yet-valid"
        case dataExpired = "data-expired"
        case signed32Bit = "signed-32-bit"
        case unsigned32Bit = "unsigned-32-bit"
        case dosTime = "dos-time"
        case twoDigitYear = "two-digit-year"
        case cookieDates = "cookie-dates"
        case yearMismatch = "year-mismatch"
        case dayOutOfRange = "day-out-of-range"
        case hourShift = "hour-shift"
        case illegalInstruction = "illegal-instruction"
        case nativeTuning = "native-tuning"
        /// Dates near a failing assertion, or anywhere in a failing log.
        case dates
        /// A file that a line about a failure names; the text is its path, as the log writes it.
        case namedFile = "named-file"
    }

    /// Which side of an edge the failing build is on, where the words prove it.
    package enum Side: String, CaseIterable, Codable, Hashable, Sendable { case before, after }

    package var kind: Kind
    /// Nil where the words say nothing about the side.
    package var side: Side?
    /// Line of the log, from 1.
    package var line: Int
    /// The line, shortened to at most 240 characters.
    package var text: String
    /// Instants the line names, in order.
    package var instants: [Instant]

    package init(kind: Kind, side: Side? = nil, line: Int, text: String, instants: [Instant] = []) {
        self.kind = kind
        self.side = side
        self.line = line
        self.text = text
        self.instants = instants
    }
}
