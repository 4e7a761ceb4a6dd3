// SPDX-License-Identifier: GPL-3.0-or-later

/// What passes between client and daemon while an operation is under way.
struct DaemonExchange: Sendable {
    /// Receives what the daemon says.
    var log: LogHandler = { _ in }
    /// Gives the bytes that the daemon asks for: at most so many, none at the end.
    var source: (@Sendable (Int) async throws -> [UInt8])?
    /// Receives the bytes that the daemon sends.
    var sink: (@Sendable ([UInt8]) async throws -> Void)?
}
