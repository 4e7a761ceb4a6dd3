// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Foundation
import Testing

@Suite struct SocketStreamTests {
    /// A socket that listens at a path.
    private func listen(at path: String) throws -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && Glibc.listen(listener, 1) == 0)
        return listener
    }

    @Test func `a stream connects to a socket that listens`() async throws {
        let path = "/tmp/almanac-\(UUID().uuidString.prefix(8)).socket"
        let listener = try listen(at: path)
        defer {
            close(listener)
            unlink(path)
        }
        let client = try SocketStream(connectingTo: path)
        let server = try SocketStream(adopting: accept(listener, nil, nil))
        try await client.write(Array("hello".utf8))
        client.finishWriting()
        #expect(try await server.read(upTo: 100) == Array("hello".utf8))
        #expect(try await server.read(upTo: 100).isEmpty)
        try await server.write([1])
        #expect(try await client.read(upTo: 100) == [1])
        await client.close()
        await server.close()
    }

    @Test func `a socket that nobody listens at is an error`() {
        #expect(throws: ByteStreamError.system(operation: "connecting to /tmp/almanac-nobody", code: ENOENT)) {
            try SocketStream(connectingTo: "/tmp/almanac-nobody")
        }
        let long = "/" + String(repeating: "a", count: 200)
        #expect(throws: ByteStreamError.socketPathTooLong(long)) { try SocketStream(connectingTo: long) }
    }
}
