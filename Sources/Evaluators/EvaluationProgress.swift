// SPDX-License-Identifier: GPL-3.0-or-later

/// How far an evaluation is.
package struct EvaluationProgress: Sendable, Equatable {
    /// Packages that are done, those that failed among them.
    package var done = 0
    /// Nil until it is known how many there are.
    package var all: Int?
    package var failed = 0
    /// Files of Scheme that were loaded before the first package.
    package var loaded = 0

    package init(done: Int = 0, all: Int? = nil, failed: Int = 0, loaded: Int = 0) {
        self.done = done
        self.all = all
        self.failed = failed
        self.loaded = loaded
    }
}
