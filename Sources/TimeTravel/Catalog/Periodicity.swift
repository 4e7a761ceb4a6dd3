// SPDX-License-Identifier: GPL-3.0-or-later

/// A failure that comes back: the rule in a fixed form for programs, and the same in words.
package struct Periodicity: Hashable, Codable, Sendable {
    /// One of `leap-day`, `month-end`, `weekday`, `month`, `year-end`, `dst`, `repeating`, with details after a colon.
    package var rule: String
    package var description: String

    package init(rule: String, description: String) {
        self.rule = rule
        self.description = description
    }
}
