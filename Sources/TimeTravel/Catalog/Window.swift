// SPDX-License-Identifier: GPL-3.0-or-later

/// A span of dates in which a build works, each end known as a pair of builds, nil where no end was seen.
package struct Window: Hashable, Sendable {
    package var notBefore: LowerEdge?
    package var notAfter: UpperEdge?

    package init(notBefore: LowerEdge?, notAfter: UpperEdge?) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// The lower end: a failed build ended at `lastBad`, a good one started at `firstGood`.
    package struct LowerEdge: Hashable, Codable, Sendable {
        package var lastBad: Instant
        package var firstGood: Instant

        package init(lastBad: Instant, firstGood: Instant) {
            self.lastBad = lastBad
            self.firstGood = firstGood
        }
    }

    /// The upper end: a good build ended at `lastGood`, a failed one started at `firstBad`.
    package struct UpperEdge: Hashable, Codable, Sendable {
        package var lastGood: Instant
        package var firstBad: Instant

        package init(lastGood: Instant, firstBad: Instant) {
            self.lastGood = lastGood
            self.firstBad = firstBad
        }
    }
}

extension Window: Codable {
    private enum CodingKeys: String, CodingKey { case notBefore, notAfter }

    /// Writes both ends always, an open one as null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(notBefore, forKey: .notBefore)
        try container.encode(notAfter, forKey: .notAfter)
    }
}
