// SPDX-License-Identifier: GPL-3.0-or-later

/// Bytes in both directions between this process and one peer: a daemon's socket, a child process, a channel.
///
/// One reader and one writer may be active at the same time. A read or write that is cancelled throws
/// `CancellationError`; after a cancelled write the position in the peer's stream is unknown and the stream is
/// only good for closing.
package protocol ByteStream: Sendable {
    /// Up to `limit` bytes, at least one; empty only at end of stream.
    func read(upTo limit: Int) async throws -> [UInt8]

    /// Hands all of `bytes` to the peer, waiting while the peer is slow.
    func write(_ bytes: [UInt8]) async throws

    /// Ends the stream in both directions; reads and writes under way fail. Closing twice is allowed.
    func close() async
}
