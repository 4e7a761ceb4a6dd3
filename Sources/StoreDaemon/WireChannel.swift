// SPDX-License-Identifier: GPL-3.0-or-later

internal import ByteStreams
internal import Derivations

/// Numbers and texts over a byte stream, with buffers in both directions.
///
/// Not `Sendable`: the connection that owns it uses it for one operation at a time.
final class WireChannel {
    let stream: any ByteStream
    private let limits: DaemonLimits
    private var received: [UInt8] = []
    private var position = 0

    private static let readSize = 64 << 10

    init(stream: any ByteStream, limits: DaemonLimits) {
        self.stream = stream
        self.limits = limits
    }

    // MARK: Writing

    nonisolated(nonsending) func send(_ encoder: WireEncoder) async throws {
        try await stream.write(encoder.bytes)
    }

    nonisolated(nonsending) func send(_ bytes: [UInt8]) async throws {
        try await stream.write(bytes)
    }

    // MARK: Reading

    nonisolated(nonsending) func integer() async throws -> UInt64 {
        let bytes = try await exactly(8)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    nonisolated(nonsending) func boolean() async throws -> Bool {
        try await integer() != 0
    }

    /// A text's bytes; longer ones than `limit` (the connection's, if nil) end the connection.
    nonisolated(nonsending) func data(limit: Int? = nil) async throws -> [UInt8] {
        let count = try await count(of: "a text", limit: limit ?? limits.textBytes)
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += try await upTo(count - bytes.count) }
        try await padding(after: count)
        return bytes
    }

    nonisolated(nonsending) func text() async throws -> String {
        String(decoding: try await data(), as: UTF8.self)
    }

    nonisolated(nonsending) func texts() async throws -> [String] {
        var texts: [String] = []
        for _ in 0..<(try await count(of: "a list", limit: limits.listCount)) { texts.append(try await text()) }
        return texts
    }

    nonisolated(nonsending) func path() async throws -> StorePath {
        try StorePath(parsing: try await data(limit: 4096))
    }

    /// A path, or nil for the empty text.
    nonisolated(nonsending) func optionalPath() async throws -> StorePath? {
        let bytes = try await data(limit: 4096)
        return bytes.isEmpty ? nil : try StorePath(parsing: bytes)
    }

    nonisolated(nonsending) func paths() async throws -> [StorePath] {
        var paths: [StorePath] = []
        for _ in 0..<(try await count(of: "a list", limit: limits.listCount)) { paths.append(try await path()) }
        return paths
    }

    nonisolated(nonsending) func count(of what: String, limit: Int) async throws -> Int {
        let count = try await integer()
        guard count <= UInt64(limit) else { throw StoreDaemonError.limitExceeded(what: what, limit: limit) }
        return Int(count)
    }

    /// Hands on a text of any length in pieces, which hold at most the connection's limit of a log piece.
    nonisolated(nonsending) func pieces(
        _ piece: nonisolated(nonsending) ([UInt8]) async throws -> Void
    ) async throws {
        let count = try await count(of: "a text", limit: Int.max)
        var left = count
        while left > 0 {
            let bytes = try await upTo(min(left, limits.logPieceBytes))
            left -= bytes.count
            try await piece(Array(bytes))
        }
        try await padding(after: count)
    }

    /// Reads an archive to its end, and nothing after it.
    nonisolated(nonsending) func archive(_ handle: (ArchiveEvent) throws -> Void) async throws {
        var decoder = ArchiveDecoder()
        while !decoder.isFinished {
            if position == received.count { try await fill() }
            position += try decoder.read(received[position...], handle: handle)
        }
    }

    private nonisolated(nonsending) func padding(after count: Int) async throws {
        let padding = WireEncoder.padding(after: count)
        guard padding > 0 else { return }
        guard try await exactly(padding).allSatisfy({ $0 == 0 }) else {
            throw StoreDaemonError.protocolViolation("padding is not zero")
        }
    }

    private nonisolated(nonsending) func exactly(_ count: Int) async throws -> ArraySlice<UInt8> {
        while received.count - position < count { try await fill() }
        defer { position += count }
        return received[position..<(position + count)]
    }

    /// At least one byte, at most `limit`.
    private nonisolated(nonsending) func upTo(_ limit: Int) async throws -> ArraySlice<UInt8> {
        if position == received.count { try await fill() }
        let end = min(received.count, position + limit)
        defer { position = end }
        return received[position..<end]
    }

    private nonisolated(nonsending) func fill() async throws {
        let bytes = try await stream.read(upTo: Self.readSize)
        guard !bytes.isEmpty else { throw StoreDaemonError.connectionLost("the daemon closed it") }
        if position == received.count {
            received = bytes
        } else {
            received = Array(received[position...]) + bytes
        }
        position = 0
    }
}
