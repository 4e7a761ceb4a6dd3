// SPDX-License-Identifier: GPL-3.0-or-later

/// How one run of a build ended.
package enum Outcome: String, CaseIterable, Codable, Hashable, Sendable {
    case succeeded
    case failed
    case timedOut = "timed-out"
    /// Nothing about the package was observed: the guest, the host or the clock was at fault.
    case infrastructure
}
