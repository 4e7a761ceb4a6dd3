// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// What a daemon tells while it works.
package enum LogEvent: Sendable, Equatable {
    /// What a builder wrote, line ends included; a long line comes in pieces. Guix's daemon does not say which
    /// derivation it is of, and mixes in its own messages unless it was told to trace builds.
    case output([UInt8], of: StorePath?)
    /// A message of the daemon itself, without a line end.
    case message(String)
    /// A derivation's build has begun.
    case started(StorePath)
}

/// Receives log events in order; the daemon waits while it works.
package typealias LogHandler = @Sendable (LogEvent) async throws -> Void
