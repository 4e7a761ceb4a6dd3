// SPDX-License-Identifier: GPL-3.0-or-later

/// What a client tells a daemon about the builds to come.
///
/// The defaults are those of a farm: nothing is substituted and no other machine is asked, since a Guix daemon
/// whose client is silent about it runs a `guix offload` that a guest does not have.
package struct BuildSettings: Sendable, Equatable {
    package var keepsFailed = false
    /// Whether builds that do not depend on a failed one go on.
    package var keepsGoing = true
    /// Processors that one build may use; 0 for all.
    package var cores: UInt64 = 1
    package var jobs: UInt64 = 1
    /// Seconds of a build, and of its silence; 0 for no limit.
    package var timeout: UInt64 = 0
    package var silenceTimeout: UInt64 = 0
    package var usesSubstitutes = false
    package var usesBuildHook = false
    /// Guix only: whether the daemon tells how each build ended, and keeps its own words apart from the builders'.
    package var tracesBuilds = false
    /// 0 says errors only, 7 everything.
    package var verbosity: UInt64 = 0
    /// Settings by name that only the daemon knows.
    package var others: [String: String] = [:]

    package init() {}
}
