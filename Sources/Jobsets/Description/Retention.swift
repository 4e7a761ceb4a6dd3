// SPDX-License-Identifier: GPL-3.0-or-later

/// How long a jobset's results are kept; what a trap rests on is kept whatever this says.
package struct Retention: Hashable, Sendable, Encodable {
    package var logs: Period
    package var outputs: Period
    /// The newest so many of the jobset; nil: all of them.
    package var evaluations: Int?

    package init(
        logs: Period = .span(TimeSpan(seconds: 365 * 86_400)), outputs: Period = .span(TimeSpan(seconds: 90 * 86_400)),
        evaluations: Int? = nil
    ) {
        self.logs = logs
        self.outputs = outputs
        self.evaluations = evaluations
    }
}
