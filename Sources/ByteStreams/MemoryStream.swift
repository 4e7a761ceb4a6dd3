// SPDX-License-Identifier: GPL-3.0-or-later

/// One end of a byte stream within this process, for tests and for joining two parts.
package struct MemoryStream: ByteStream {
    private let incoming: MemoryPipe
    private let outgoing: MemoryPipe

    /// Two ends, each other's peer.
    ///
    /// - Parameter capacity: bytes that may wait in each direction before a writer waits.
    package static func pair(capacity: Int = 64 << 10) -> (MemoryStream, MemoryStream) {
        let (one, other) = (MemoryPipe(capacity: capacity), MemoryPipe(capacity: capacity))
        return (MemoryStream(incoming: one, outgoing: other), MemoryStream(incoming: other, outgoing: one))
    }

    package func read(upTo limit: Int) async throws -> [UInt8] {
        try await incoming.read(upTo: limit)
    }

    package func write(_ bytes: [UInt8]) async throws {
        try await outgoing.write(bytes)
    }

    /// Tells the peer that nothing more will be written; reading goes on.
    package func finishWriting() {
        outgoing.finish()
    }

    package func close() async {
        outgoing.finish()
        incoming.abandon()
    }
}
