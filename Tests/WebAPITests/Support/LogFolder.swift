// SPDX-License-Identifier: GPL-3.0-or-later

import CZlib
import Foundation

/// A temporary folder of stored logs.
struct LogFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "almanac-web-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(ofRun run: Int64) -> String { "\(path)/\(run).log.gz" }

    /// Stores a log as a worker does.
    @discardableResult
    func write(_ text: String, run: Int64) throws -> [UInt8] {
        let bytes = try Self.gzip(Array(text.utf8))
        try Data(bytes).write(to: URL(fileURLWithPath: path(ofRun: run)))
        return bytes
    }

    func replace(_ bytes: [UInt8], run: Int64) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(ofRun: run)))
    }

    /// Stores the beginning of a log, as it is on disk while the build goes on.
    func writeUnfinished(_ text: String, run: Int64) throws {
        let bytes = try Self.gzip(Array(text.utf8), finish: Z_SYNC_FLUSH)
        try Data(bytes).write(to: URL(fileURLWithPath: path(ofRun: run)))
    }

    struct Failure: Error {}

    static func gzip(_ bytes: [UInt8], finish: Int32 = Z_FINISH) throws -> [UInt8] {
        var stream = z_stream()
        guard czlib_start_gzip(&stream, 6) == Z_OK else { throw Failure() }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 1_024)
        let room = output.count
        try input.withUnsafeMutableBufferPointer { input in
            try output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                let status = deflate(&stream, finish)
                guard status == (finish == Z_FINISH ? Z_STREAM_END : Z_OK) else { throw Failure() }
            }
        }
        return Array(output.prefix(room - Int(stream.avail_out)))
    }

    static func gunzip(_ bytes: [UInt8]) throws -> String {
        var stream = z_stream()
        guard czlib_start_gunzip(&stream) == Z_OK else { throw Failure() }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: 1 << 20)
        try input.withUnsafeMutableBufferPointer { input in
            try output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                guard inflate(&stream, Z_FINISH) == Z_STREAM_END else { throw Failure() }
            }
        }
        return String(decoding: output.prefix(Int(stream.total_out)), as: UTF8.self)
    }
}
