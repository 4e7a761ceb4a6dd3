// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import StoreDaemon
import Testing

/// A daemon in a guest may say anything.
@Suite struct HostileDaemonTests {
    private static let last: UInt64 = 0x616c_7473
    private let path: StorePath

    init() throws {
        path = try StorePath(parsing: "/gnu/store/00000000000000000000000000000000-nope")
    }

    /// Numbers and texts as a daemon writes them.
    private func bytes(_ write: (inout WireEncoder) -> Void) -> [UInt8] {
        var encoder = WireEncoder()
        write(&encoder)
        return encoder.bytes
    }

    private func greeting(_ version: UInt64) -> [UInt8] {
        bytes {
            $0.integer(0x6478_696f)
            $0.integer(version)
        }
    }

    /// Greets as Nix at 1.34 and then says `rest` to the first operation.
    private func connection(
        saying rest: [UInt8], limits: DaemonLimits = DaemonLimits()
    ) async throws -> StoreConnection {
        let (ours, theirs) = MemoryStream.pair(capacity: 1 << 20)
        let ready = bytes {
            $0.text("2.8.0")
            $0.integer(Self.last)
            $0.integer(Self.last)
        }
        try await theirs.write(greeting(0x122) + ready + rest)
        theirs.finishWriting()
        return try await StoreConnection.open(over: ours, limits: limits)
    }

    @Test(arguments: [0x100 as UInt64, 0x114, 0x200, 0, UInt64.max])
    func `a protocol that is not spoken is refused`(version: UInt64) async throws {
        let (ours, theirs) = MemoryStream.pair()
        try await theirs.write(greeting(version))
        await #expect(throws: StoreDaemonError.unsupportedProtocol(version: version)) {
            try await StoreConnection.open(over: ours)
        }
    }

    @Test func `another greeting is refused`() async throws {
        let (ours, theirs) = MemoryStream.pair()
        try await theirs.write(Array("SSH-2.0-OpenSSH_9.2p1 Debian".utf8))
        await #expect(throws: StoreDaemonError.self) { try await StoreConnection.open(over: ours) }
        await #expect(throws: ByteStreamError.self) { try await ours.read(upTo: 1) }
    }

    @Test func `a peer that hangs up is noticed`() async throws {
        let (ours, theirs) = MemoryStream.pair()
        await theirs.close()
        await #expect(throws: StoreDaemonError.self) { try await StoreConnection.open(over: ours) }
    }

    @Test func `a text beyond the limit is not read`() async throws {
        let connection = try await connection(
            saying: bytes {
                $0.integer(0x6f6c_6d67)
                $0.integer(1 << 40)
            })
        await #expect(throws: StoreDaemonError.limitExceeded(what: "a text", limit: 1 << 20)) {
            try await connection.isValid(path)
        }
    }

    @Test func `a list beyond the limit is not read`() async throws {
        let connection = try await connection(
            saying: bytes {
                $0.integer(Self.last)
                $0.integer(UInt64.max)
            })
        await #expect(throws: StoreDaemonError.limitExceeded(what: "a list", limit: 1 << 20)) {
            try await connection.allValidPaths()
        }
    }

    @Test func `a message of no known kind closes the connection`() async throws {
        let connection = try await connection(saying: bytes { $0.integer(7) })
        await #expect(throws: StoreDaemonError.self) { try await connection.isValid(path) }
        await #expect(throws: StoreDaemonError.self) { try await connection.isValid(path) }
    }

    @Test(arguments: [0x6461_7461 as UInt64, 0x6461_7416])
    func `bytes that nobody offered or asked for are refused`(message: UInt64) async throws {
        let connection = try await connection(
            saying: bytes {
                $0.integer(message)
                $0.integer(0)
            })
        await #expect(throws: StoreDaemonError.self) { try await connection.isValid(path) }
    }

    @Test func `a path that is none is an error`() async throws {
        let connection = try await connection(
            saying: bytes {
                $0.integer(Self.last)
                $0.integer(1)
                $0.text("/etc/passwd")
            })
        await #expect(throws: DerivationsError.self) { try await connection.allValidPaths() }
    }

    @Test func `padding that is not zero is refused`() async throws {
        let connection = try await connection(
            saying: bytes { $0.integer(0x6f6c_6d67) } + [1, 0, 0, 0, 0, 0, 0, 0, 65, 1, 1, 1, 1, 1, 1, 1])
        await #expect(throws: StoreDaemonError.self) { try await connection.isValid(path) }
    }

    @Test func `a refusal is told without colours and the connection goes on`() async throws {
        let connection = try await connection(
            saying: bytes {
                $0.integer(0x6378_7470)
                $0.text("Error")
                $0.integer(0)
                $0.text("Error")
                $0.text("\u{1b}[31;1mno such\u{1b}[0m thing")
                $0.integer(0)
                $0.integer(1)
                $0.integer(0)
                $0.text("a trace")
                $0.integer(Self.last)
                $0.integer(1)
            })
        await #expect(throws: StoreDaemonError.refused(message: "no such thing", status: 1)) {
            try await connection.isValid(path)
        }
        #expect(try await connection.isValid(path))
    }

    @Test func `a log line of any length comes in pieces within the limit`() async throws {
        let recorder = Recorder()
        let line = [UInt8](repeating: 120, count: 300_001)
        let connection = try await connection(
            saying: bytes {
                $0.integer(0x5253_4c54)
                for number in [1, 101, 1, 1] as [UInt64] { $0.integer(number) }
                $0.data(line)
                $0.integer(Self.last)
                $0.integer(0)
            }, limits: DaemonLimits(logPieceBytes: 1000))
        #expect(try await connection.build([path], log: recorder.log).isEmpty)
        #expect(recorder.output.utf8.count == 300_002)
        #expect(recorder.largestPiece <= 1000)
    }
}
