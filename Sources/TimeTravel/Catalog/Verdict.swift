// SPDX-License-Identifier: GPL-3.0-or-later

/// What the farm says about a derivation.
package enum Verdict: String, CaseIterable, Codable, Hashable, Sendable {
    case sound
    case timeTrap = "time-trap"
    case cpuTrap = "cpu-trap"
    case kernelTrap = "kernel-trap"
    case parallelismTrap = "parallelism-trap"
    case combinedTrap = "combined-trap"
    case flaky
    case broken
    case sourceLost = "source-lost"
    case unknown

    /// Whether such a verdict has a record in the catalog of traps.
    package var isTrap: Bool {
        switch self {
        case .timeTrap, .cpuTrap, .kernelTrap, .parallelismTrap, .combinedTrap: true
        case .sound, .flaky, .broken, .sourceLost, .unknown: false
        }
    }
}
