// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Derivations
import StoreDaemon
import Testing

/// guix-daemon may refuse for no other reason than that other clients are at its database.
@Suite struct BusyDatabaseTests {
    private static let last: UInt64 = 0x616c_7473
    private static let error: UInt64 = 0x6378_7470
    private let path: StorePath

    init() throws {
        path = try StorePath(parsing: "/gnu/store/00000000000000000000000000000000-nope")
    }

    /// Greets as guix-daemon, and refuses so often with `message` before it answers with 1.
    private func connection(refusing count: Int, _ message: String) async throws -> StoreConnection {
        let (ours, theirs) = MemoryStream.pair(capacity: 1 << 20)
        var encoder = WireEncoder()
        for number in [0x6478_696f, 0x164, Self.last, Self.last] { encoder.integer(number) }
        for _ in 0..<count {
            encoder.integer(Self.error)
            encoder.text(message)
            encoder.integer(1)
        }
        encoder.integer(Self.last)
        encoder.integer(1)
        try await theirs.write(encoder.bytes)
        theirs.finishWriting()
        return try await StoreConnection.open(over: ours)
    }

    @Test(arguments: ["querying path in database: database is locked", "SQLite database is busy"])
    func `what was refused so is asked for again`(message: String) async throws {
        let connection = try await connection(refusing: 2, message)
        #expect(try await connection.isValid(path))
    }

    @Test func `any other refusal is told at once`() async throws {
        let connection = try await connection(refusing: 1, "path `x' is not in the store")
        await #expect(throws: StoreDaemonError.refused(message: "path `x' is not in the store", status: 1)) {
            try await connection.isValid(path)
        }
        #expect(try await connection.isValid(path), "the connection is usable")
    }

    @Test func `an import, whose bytes are gone, is not asked for again`() async throws {
        let connection = try await connection(refusing: 1, "database is locked")
        await #expect(throws: StoreDaemonError.refused(message: "database is locked", status: 1)) {
            try await connection.importPaths { _ in [] }
        }
    }
}
