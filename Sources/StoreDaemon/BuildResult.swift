// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// How the build of one derivation ended, as the daemon says.
package struct BuildResult: Sendable, Equatable {
    package var status: BuildStatus
    /// The daemon's words on a failure; empty on success.
    package var message: String
    /// Seconds since 1970 by the daemon's clock, 0 where it does not say.
    package var startTime: Int64
    package var stopTime: Int64
    /// Valid outputs by name, where the daemon says them.
    package var outputs: [String: StorePath]

    package init(
        status: BuildStatus, message: String = "", startTime: Int64 = 0, stopTime: Int64 = 0,
        outputs: [String: StorePath] = [:]
    ) {
        self.status = status
        self.message = message
        self.startTime = startTime
        self.stopTime = stopTime
        self.outputs = outputs
    }
}

/// Numbered as in Nix's protocol.
package enum BuildStatus: UInt64, Sendable {
    case built = 0
    case substituted = 1
    case alreadyValid = 2
    case permanentFailure = 3
    case inputRejected = 4
    case outputRejected = 5
    case transientFailure = 6
    case cachedFailure = 7
    case timedOut = 8
    case miscFailure = 9
    case dependencyFailed = 10
    case logLimitExceeded = 11
    case notDeterministic = 12
    case resolvesToAlreadyValid = 13
    case noSubstituters = 14

    package var isSuccess: Bool {
        switch self {
        case .built, .substituted, .alreadyValid, .resolvesToAlreadyValid: true
        case .permanentFailure, .inputRejected, .outputRejected, .transientFailure, .cachedFailure, .timedOut,
            .miscFailure, .dependencyFailed, .logLimitExceeded, .notDeterministic, .noSubstituters:
            false
        }
    }
}

/// Whether to build what is missing, or to build again and compare.
package enum BuildMode: UInt64, Sendable {
    case normal = 0
    case repair = 1
    case check = 2
}
