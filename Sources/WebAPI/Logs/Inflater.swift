// SPDX-License-Identifier: GPL-3.0-or-later

import CZlib

/// Unpacks gzip, RFC 1952, piece by piece in constant memory; several members one after the other are one text.
final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the input so far ends with a whole member.
    private(set) var isAtEnd = false

    init() throws(LogError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_start_gunzip(stream) == Z_OK else {
            stream.deallocate()
            throw .unreadable(reason: "memory ran out")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Unpacks one piece; `write` gets what comes out, in pieces of at most 64 KiB.
    nonisolated(nonsending) func push(
        _ piece: [UInt8], write: nonisolated(nonsending) ([UInt8]) async throws -> Void
    ) async throws {
        var rest = piece[...]
        while !rest.isEmpty {
            if isAtEnd { try startNextMember() }
            let (used, unpacked) = try step(rest)
            rest = rest.dropFirst(used)
            if !unpacked.isEmpty { try await write(unpacked) }
            if used == 0 && unpacked.isEmpty { throw LogError.damaged }
        }
        // What was unpacked but found no room yet.
        while !isAtEnd {
            let (_, unpacked) = try step([])
            if unpacked.isEmpty { return }
            try await write(unpacked)
        }
    }

    private func startNextMember() throws(LogError) {
        guard inflateReset(stream) == Z_OK else { throw .damaged }
        isAtEnd = false
    }

    private func step(_ input: ArraySlice<UInt8>) throws(LogError) -> (used: Int, unpacked: [UInt8]) {
        var input = Array(input)
        let given = input.count
        var status = Z_OK
        let unpacked = [UInt8](unsafeUninitializedCapacity: LogFiles.pieceSize) { output, count in
            input.withUnsafeMutableBufferPointer { bytes in
                stream.pointee.next_in = bytes.baseAddress
                stream.pointee.avail_in = UInt32(bytes.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                status = inflate(stream, Z_NO_FLUSH)
                count = output.count - Int(stream.pointee.avail_out)
            }
        }
        let used = given - Int(stream.pointee.avail_in)
        switch status {
        case Z_STREAM_END: isAtEnd = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw .damaged
        }
        return (used, unpacked)
    }
}
