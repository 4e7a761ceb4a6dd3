// SPDX-License-Identifier: GPL-3.0-or-later

/// An instant at which a build might start or stop to work, with the place it was found.
package struct Candidate: Hashable, Codable, Sendable {
    /// What kind of thing names the instant.
    package enum Kind: String, CaseIterable, Codable, Hashable, Sendable {
        case certificateNotBefore = "certificate-not-before"
        case certificateNotAfter = "certificate-not-after"
        case revocationListFrom = "revocation-list-from"
        case revocationListUntil = "revocation-list-until"
        case keyCreated = "key-created"
        case keyExpiry = "key-expiry"
        case signatureFrom = "signature-from"
        case signatureExpiry = "signature-expiry"
        case tokenFrom = "token-from"
        case tokenExpiry = "token-expiry"
        case dataExpiry = "data-expiry"
        case literalDate = "literal-date"
        case literalYear = "literal-year"
        case epochNumber = "epoch-number"
        case logDate = "log-date"
        case fileTime = "file-time"
        case release
        case revision
        case signed32Bit = "signed-32-bit"
        case unsigned32Bit = "unsigned-32-bit"
        case networkTimeEra = "network-time-era"
        case twoDigitPivot = "two-digit-pivot"
        case encodingPivot = "encoding-pivot"
        case centuryRule = "century-rule"
        case yearBoundary = "year-boundary"
        /// A round lifetime away from the other end of the window.
        case otherEnd = "other-end"
        /// An edge proven for another version of the same package.
        case earlierVersion = "earlier-version"
        /// Named by a public report about the package.
        case publicReport = "public-report"
    }

    /// Which kind of edge it would be.
    package enum Side: String, CaseIterable, Codable, Hashable, Sendable { case notBefore, notAfter, either }

    package var kind: Kind
    /// The first second of what follows: the first good one of a lower edge, the first bad one of an upper edge.
    package var instant: Instant
    package var side: Side
    /// How likely it is beside the other candidates; 1 is a plain literal date, certificates near tests have more.
    package var weight: Double
    package var origin: Evidence

    package init(kind: Kind, instant: Instant, side: Side = .either, weight: Double = 1, origin: Evidence) {
        self.kind = kind
        self.instant = instant
        self.side = side
        self.weight = weight
        self.origin = origin
    }
}

extension Candidate.Kind {
    /// A date or year that a text spells out, whatever it means there.
    var isLiteral: Bool { [.literalDate, .literalYear, .twoDigitPivot, .epochNumber].contains(self) }
}
