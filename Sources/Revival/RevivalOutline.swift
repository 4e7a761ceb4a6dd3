// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// What is to be done for an environment, each list in an order in which it can be done, and what cannot be.
package struct RevivalOutline: Hashable, Sendable {
    /// A fixed output that is needed.
    package struct Source: Hashable, Sendable {
        /// The derivations that fetch it: any of them will do.
        package let derivations: [StorePath]
        package let output: StorePath

        package init(derivations: [StorePath], output: StorePath) {
            self.derivations = derivations
            self.output = output
        }
    }

    /// Outputs that a server offers and that are missing here, references first.
    package var substitutes: [StorePath] = []
    /// What is to be fetched.
    package var sources: [Source] = []
    /// What is to be built and can be, as far as is known, inputs first.
    package var builds: [StorePath] = []

    /// What is needed and nobody has: with all of it, and with what `failed`, the environment would be whole.
    package var lost: [Source] = []
    /// Builds that are needed and did not succeed.
    package var failed: [StorePath] = []
    /// Builds that cannot be made for want of what is lost or failed.
    package var blocked: [StorePath] = []
    /// Outputs that a server offers but that refer to what cannot be had.
    package var unusable: [StorePath] = []
    /// Numbers of the roots that are not to be had.
    package var lostRoots: [Int] = []
    /// Whether nothing at all is missing.
    package var isComplete = false

    package init() {}
}
