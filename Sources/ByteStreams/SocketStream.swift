// SPDX-License-Identifier: GPL-3.0-or-later

internal import CByteStreams
internal import Glibc

/// A byte stream over a connected socket.
///
/// Reading and writing have a thread each, so a slow peer blocks neither the other direction nor anybody else.
package struct SocketStream: ByteStream {
    private let socket: OwnedDescriptor
    private let state = CloseState()
    private let reader: SocketReader
    private let writer: SocketWriter

    /// Takes over a connected stream socket, which is closed with the stream.
    package init(adopting descriptor: Int32) throws(ByteStreamError) {
        let socket = OwnedDescriptor(descriptor)
        guard almanac_set_nonblocking(descriptor) == 0 else { throw .system(operation: "fcntl", code: errno) }
        self.socket = socket
        reader = try SocketReader(socket, state: state)
        writer = try SocketWriter(socket, state: state)
    }

    /// Connects to a unix-domain socket that something listens on.
    package init(connectingTo path: String) throws(ByteStreamError) {
        try self.init(adopting: UnixSocket.connect(to: path))
    }

    /// Two streams, each other's peer.
    package static func pair() throws(ByteStreamError) -> (SocketStream, SocketStream) {
        let (one, other) = try UnixSocket.pair()
        let first: SocketStream
        do {
            first = try SocketStream(adopting: one)
        } catch {
            Glibc.close(other)
            throw error
        }
        return (first, try SocketStream(adopting: other))
    }

    package func read(upTo limit: Int) async throws -> [UInt8] {
        try await reader.read(upTo: limit)
    }

    package func write(_ bytes: [UInt8]) async throws {
        try await writer.write(bytes)
    }

    /// Tells the peer that nothing more will be written; reading goes on.
    package func finishWriting() {
        shutdown(socket.number, Int32(SHUT_WR))
    }

    package func close() async {
        guard state.close() else { return }
        shutdown(socket.number, Int32(SHUT_RDWR))
        reader.interrupt()
        writer.interrupt()
        await reader.releaseSocket()
        await writer.releaseSocket()
    }
}
