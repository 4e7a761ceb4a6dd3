// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Foundation
import Testing

/// What every stream must do, on each kind of pair.
@Suite struct ByteStreamTests {
    enum Kind: CaseIterable, Sendable {
        case memory
        case socket

        func pair() throws -> (any ByteStream, any ByteStream) {
            switch self {
            case .memory: MemoryStream.pair()
            case .socket: try SocketStream.pair()
            }
        }
    }

    private func readAll(_ stream: any ByteStream, upTo limit: Int = 1000) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try await stream.read(upTo: limit)
            if piece.isEmpty { return bytes }
            #expect(piece.count <= limit)
            bytes += piece
        }
    }

    @Test(arguments: Kind.allCases) func `a megabyte arrives as it was sent, in both directions at once`(
        kind: Kind
    ) async throws {
        let (one, other) = try kind.pair()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for stream in [one, other] {
                group.addTask {
                    try await stream.write(bytes)
                    return []
                }
                group.addTask {
                    var received: [UInt8] = []
                    while received.count < bytes.count { received += try await stream.read(upTo: 100_000) }
                    return received
                }
            }
            for try await received in group where !received.isEmpty { #expect(received == bytes) }
        }
        await one.close()
        await other.close()
    }

    @Test(arguments: Kind.allCases) func `the end comes after what was written`(kind: Kind) async throws {
        let (one, other) = try kind.pair()
        try await one.write([1, 2, 3])
        await one.close()
        #expect(try await readAll(other) == [1, 2, 3])
        #expect(try await other.read(upTo: 1).isEmpty)
        await other.close()
    }

    @Test(arguments: Kind.allCases) func `a read that waits ends when its stream is closed`(kind: Kind) async throws {
        let (one, other) = try kind.pair()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await one.read(upTo: 1)
                    return false
                } catch {
                    return error as? ByteStreamError == .closed
                }
            }
            group.addTask {
                await one.close()
                return true
            }
            for await asExpected in group { #expect(asExpected) }
        }
        await other.close()
    }

    @Test(arguments: Kind.allCases) func `a read that waits ends when it is cancelled, and the next one works`(
        kind: Kind
    ) async throws {
        let (one, other) = try kind.pair()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await one.read(upTo: 1)
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            for await wasCancelled in group { #expect(wasCancelled) }
        }
        try await other.write([9])
        #expect(try await one.read(upTo: 1) == [9])
        await one.close()
        await other.close()
    }

    @Test(arguments: Kind.allCases) func `a write that waits ends when it is cancelled`(kind: Kind) async throws {
        let (one, other) = try kind.pair()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await one.write([UInt8](repeating: 0, count: 50_000_000))
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            // The first bytes show that the write is under way; nobody reads the others.
            _ = try? await other.read(upTo: 1)
            group.cancelAll()
            for await wasCancelled in group { #expect(wasCancelled) }
        }
        await one.close()
        await other.close()
    }

    @Test(arguments: Kind.allCases) func `a write to a peer that is gone fails`(kind: Kind) async throws {
        let (one, other) = try kind.pair()
        await other.close()
        await #expect(throws: ByteStreamError.peerClosed) {
            try await one.write([UInt8](repeating: 0, count: 1_000_000))
        }
        await one.close()
    }

    @Test(arguments: Kind.allCases) func `a closed stream neither reads nor writes`(kind: Kind) async throws {
        let (one, other) = try kind.pair()
        await one.close()
        await one.close()
        await #expect(throws: ByteStreamError.closed) { try await one.read(upTo: 1) }
        await #expect(throws: ByteStreamError.closed) { try await one.write([1]) }
        await other.close()
    }
}
