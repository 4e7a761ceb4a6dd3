// SPDX-License-Identifier: GPL-3.0-or-later

/// How long something is kept: a length of time, or `forever`.
package enum Period: TextForm {
    case forever
    case span(TimeSpan)

    package init(text: String) throws(Expectation) {
        if text == "forever" {
            self = .forever
            return
        }
        guard let span = try? TimeSpan(text: text), span.seconds > 0 else {
            throw Expectation("'forever', or a length of time such as '90 days'")
        }
        self = .span(span)
    }

    package var description: String {
        switch self {
        case .forever: "forever"
        case .span(let span): span.description
        }
    }
}
