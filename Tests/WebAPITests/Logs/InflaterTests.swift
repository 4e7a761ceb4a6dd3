// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite struct InflaterTests {
    private static let bytes = Array((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) })

    @Test(arguments: [1, 7, 1_000, 65_536, 1 << 20])
    func `pieces of any size give the same text`(size: Int) async throws {
        let packed = try LogFolder.gzip(Self.bytes)
        let inflater = try Inflater()
        var unpacked: [UInt8] = []
        var rest = packed[...]
        while !rest.isEmpty {
            try await inflater.push(Array(rest.prefix(size))) { unpacked += $0 }
            rest = rest.dropFirst(size)
        }
        #expect(unpacked == Self.bytes)
        #expect(inflater.isAtEnd)
    }

    @Test func `two members one after the other are one text`() async throws {
        let packed = try LogFolder.gzip(Array("one ".utf8)) + LogFolder.gzip(Array("two".utf8))
        let inflater = try Inflater()
        var unpacked: [UInt8] = []
        try await inflater.push(packed) { unpacked += $0 }
        #expect(String(decoding: unpacked, as: UTF8.self) == "one two")
    }

    @Test func `a small file that unpacks to much comes in small pieces`() async throws {
        let packed = try LogFolder.gzip([UInt8](repeating: 0x61, count: 20_000_000))
        let inflater = try Inflater()
        var (count, largest) = (0, 0)
        try await inflater.push(packed) { piece in
            count += piece.count
            largest = max(largest, piece.count)
        }
        #expect(count == 20_000_000)
        #expect(largest <= LogFiles.pieceSize)
    }

    @Test func `what is no gzip is refused`() async throws {
        let inflater = try Inflater()
        await #expect(throws: LogError.damaged) { try await inflater.push(Array("plain text".utf8)) { _ in } }
    }
}
