// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
package import TimeTravel

/// How a build in a guest ended, with everything observed on the way.
package struct GuestBuildResult: Sendable {
    package var outcome: GuestBuildOutcome
    /// The guest's dates; nil when the guest was never found as asked.
    package var began: Instant?
    package var ended: Instant?
    package var evidence: GuestEvidence?
    package var log: BuildLogSummary
    package var durations: Durations
    /// Of the derivation, where they were imported.
    package var outputs: [StorePath]

    /// On the host's clock.
    package struct Durations: Codable, Hashable, Sendable {
        /// Sharing the inputs, registering them, making the disk.
        package var preparation = Duration.zero
        /// Until the guest was found as asked.
        package var boot = Duration.zero
        package var build = Duration.zero
        /// Importing the outputs.
        package var export = Duration.zero
        package var total = Duration.zero
    }
}

/// How a build ended.
package enum GuestBuildOutcome: Hashable, Sendable {
    case succeeded
    /// The build itself failed; in the daemon's words.
    case failed(String)
    case timedOut(String)
    /// Nothing about the package was observed.
    case infrastructure(String)

    package var outcome: Outcome {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .timedOut: .timedOut
        case .infrastructure: .infrastructure
        }
    }

    /// Empty for a success.
    package var reason: String {
        switch self {
        case .succeeded: ""
        case .failed(let reason), .timedOut(let reason), .infrastructure(let reason): reason
        }
    }
}
