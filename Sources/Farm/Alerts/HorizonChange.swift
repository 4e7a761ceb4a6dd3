// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// The dates between which a revision builds as a whole, as alerts tell of them.
package struct HorizonLimits: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Nil where no limit is known.
    package var notBefore: Instant?
    package var notAfter: Instant?
    /// Whether there is no date at all.
    package var isEmpty: Bool

    package init(notBefore: Instant?, notAfter: Instant?, isEmpty: Bool = false) {
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.isEmpty = isEmpty
    }

    /// The outer limits: gaps between spans do not count.
    package init(_ horizon: TravelHorizon) {
        self.init(
            notBefore: horizon.spans.first?.notBefore?.instant, notAfter: horizon.spans.last?.notAfter?.instant,
            isEmpty: horizon.spans.isEmpty)
    }

    /// Whether a day or more is lost on either side; less may come from measuring an edge again.
    package func isShorter(than other: HorizonLimits) -> Bool {
        if isEmpty || other.isEmpty { return isEmpty && !other.isEmpty }
        let ends = notAfter.map { end in other.notAfter.map { end.date < $0.date } ?? true } ?? false
        let begins = notBefore.map { start in other.notBefore.map { start.date > $0.date } ?? true } ?? false
        return ends || begins
    }

    package var description: String {
        switch (notBefore, notAfter) {
        case _ where isEmpty: "at no one date"
        case (let start?, let end?): "from \(start.date) until \(end.date)"
        case (nil, let end?): "until \(end.date)"
        case (let start?, nil): "from \(start.date) on"
        case (nil, nil): "at any date"
        }
    }
}

/// That a revision builds as a whole at fewer dates than was known.
package struct HorizonChange: Codable, Hashable, Sendable {
    package var before: HorizonLimits
    package var after: HorizonLimits
}
