// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// A date a jobset names: `2100-01-01`, `2100-02-28T12:00:00Z`, `release`, `release + 3 years` or `today - 1 day`.
///
/// `release` is the date of the revision being evaluated, `today` the start of the day of the evaluation. Relative dates
/// are resolved once per evaluation, so that a revision evaluated twice on one day asks for the same builds.
package enum ConditionsDate: TextForm {
    case instant(Instant)
    case relative(Anchor, CalendarOffset?)

    package enum Anchor: String, CaseIterable, Sendable {
        case release, today
    }

    /// The instant meant, for a revision of date `release` evaluated at `now`.
    package func resolved(release: Instant, now: Instant) -> Instant {
        switch self {
        case .instant(let instant):
            return instant
        case .relative(let anchor, let offset):
            let start =
                switch anchor {
                case .release: release
                case .today: now.date.start
                }
            return offset?.applied(to: start) ?? start
        }
    }
}

extension ConditionsDate {
    /// What the clock of a Linux guest can be set to and kept at for a build: its end is the kernel's own, in 2232.
    package static let settable: ClosedRange<Instant> =
        CivilDate(firstOf: 1970).start...CivilDate(firstOf: 2232).start

    package init(text: String) throws(Expectation) {
        if let instant = ConditionsDate.absolute(text) {
            guard ConditionsDate.settable.contains(instant) else {
                throw Expectation("a date from 1970-01-01 to 2232-01-01, which is what a guest's clock can be set to")
            }
            self = .instant(instant)
            return
        }
        guard let relative = ConditionsDate.relative(text) else {
            throw Expectation(
                "a date such as '2100-01-01', '2100-02-28T12:00:00Z', 'release', 'release + 3 years' or 'today + 90 days'"
            )
        }
        self = relative
    }

    /// `2100-01-01` is its midnight, UTC.
    static func absolute(_ text: String) -> Instant? {
        CivilDate(text)?.start ?? Instant(text)
    }

    private static func relative(_ text: String) -> ConditionsDate? {
        let word = text.prefix(while: { $0.isASCII && $0.isLetter })
        guard let anchor = Anchor(rawValue: String(word)) else { return nil }
        let rest = text.dropFirst(word.count).drop(while: { $0 == " " })
        if rest.isEmpty { return .relative(anchor, nil) }
        guard let sign = rest.first, sign == "+" || sign == "-",
            let offset = CalendarOffset(magnitude: rest.dropFirst())
        else { return nil }
        return .relative(anchor, sign == "+" ? offset : offset.negated)
    }

    package var description: String {
        switch self {
        case .instant(let instant): instant.description
        case .relative(let anchor, nil): anchor.rawValue
        case .relative(let anchor, let offset?): "\(anchor.rawValue) \(offset.count < 0 ? "-" : "+") \(offset)"
        }
    }
}
