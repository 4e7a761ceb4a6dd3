// SPDX-License-Identifier: GPL-3.0-or-later

/// How long to wait after a failure before the next attempt: doubling up to a limit, with jitter, so that many clients
/// do not come back at the same moment.
package struct PostgresBackoff: Sendable {
    /// After the first failure.
    package var first: Duration
    /// After many failures.
    package var longest: Duration

    package init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
        self.first = first
        self.longest = longest
    }

    /// - Parameters:
    ///   - failures: how many in a row, from 1.
    ///   - jitter: 0 to 1; the delay is between half of the full one and the full one.
    func delay(afterFailures failures: Int, jitter: Double) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let full = min(first * (1 << doublings), longest)
        return full / 2 + full / 2 * jitter
    }
}
