// SPDX-License-Identifier: GPL-3.0-or-later

/// How far apart the revisions of a range are: `100 commits`, `1 month`.
package enum RevisionStep: TextForm {
    case commits(Int)
    /// The commit nearest each date that the offset reaches, starting at the range's first.
    case calendar(CalendarOffset)

    package init(text: String) throws(Expectation) {
        if let quantity = Quantity(text), ["commit", "commits"].contains(quantity.unit), quantity.count > 0,
            quantity.count <= 1_000_000
        {
            self = .commits(Int(quantity.count))
        } else if let offset = CalendarOffset(magnitude: text), offset.count > 0 {
            self = .calendar(offset)
        } else {
            throw Expectation("a step such as '100 commits', '30 days', '1 month' or '1 year'")
        }
    }

    package var description: String {
        switch self {
        case .commits(let count): "\(count) commit\(count == 1 ? "" : "s")"
        case .calendar(let offset): offset.description
        }
    }
}
