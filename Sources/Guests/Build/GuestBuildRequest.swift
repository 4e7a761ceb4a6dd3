// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
package import StoreDaemon
package import TimeTravel

/// One build of one derivation in a guest of its own.
package struct GuestBuildRequest: Sendable {
    /// Holds the derivation and everything it needs, valid; outputs are imported into it.
    package var store: HostStore
    package var derivation: StorePath
    package var conditions: Conditions
    package var limits: BuildLimits
    /// For this run alone, on the store's file system; console and QEMU logs stay in it, the rest is removed.
    package var directory: String
    /// Where the builder's output goes, as gzip.
    package var log: String
    /// Whether outputs of a build that succeeded are imported into `store`.
    package var keepsOutputs: Bool

    package init(
        store: HostStore, derivation: StorePath, conditions: Conditions, limits: BuildLimits = BuildLimits(),
        directory: String, log: String, keepsOutputs: Bool
    ) {
        self.store = store
        self.derivation = derivation
        self.conditions = conditions
        self.limits = limits
        self.directory = directory
        self.log = log
        self.keepsOutputs = keepsOutputs
    }
}
