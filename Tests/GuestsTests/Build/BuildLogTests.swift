// SPDX-License-Identifier: GPL-3.0-or-later

import CZlib
import Foundation
import Testing

@testable import Guests

@Suite struct BuildLogTests {
    private func log(
        _ pieces: [String], limit: Int
    ) async throws -> (text: String, summary: BuildLogSummary, mentions: Bool) {
        let path = "\(NSTemporaryDirectory())log-\(UUID().uuidString).gz"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = BuildLog(path: path, limit: limit)
        for piece in pieces { try await log.append(Array(piece.utf8)) }
        let summary = try await log.finish()
        let text = String(decoding: try await HostProgram.gzip.output(["-dc", path]), as: UTF8.self)
        return (text, summary, await log.mentionsFullDisk)
    }

    @Test func `a short log is kept as it is`() async throws {
        let (text, summary, _) = try await log(["one\n", "two\n"], limit: 1000)
        #expect(text == "one\ntwo\n")
        #expect(summary.isComplete)
        #expect(summary.written == 8)
    }

    @Test func `no output is an empty log`() async throws {
        let (text, summary, _) = try await log([], limit: 1000)
        #expect(text.isEmpty)
        #expect(summary.kept == 0)
    }

    @Test(arguments: [1, 7, 100, 5000])
    func `a long log keeps its beginning and its end whatever the pieces`(_ size: Int) async throws {
        let whole = (0..<1000).map { "line \($0)\n" }.joined()
        let pieces = stride(from: 0, to: whole.utf8.count, by: size).map { start in
            String(decoding: Array(whole.utf8)[start..<min(start + size, whole.utf8.count)], as: UTF8.self)
        }
        let (text, summary, _) = try await log(pieces, limit: 400)
        let note = "\n[\(whole.utf8.count - 400) bytes are left out here: the log is limited to 400 bytes]\n"
        #expect(text == String(whole.prefix(300)) + note + String(whole.suffix(100)))
        #expect(summary.written == whole.utf8.count)
        #expect(summary.kept == 400)
    }

    @Test func `a growing log can be read up to its last flush`() async throws {
        let path = "\(NSTemporaryDirectory())log-\(UUID().uuidString).gz"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = BuildLog(path: path, limit: 1000)
        try await log.append(Array("one\n".utf8))
        #expect(try readable(path) == "")
        try await log.flush()
        #expect(try readable(path) == "one\n")
        try await log.append(Array("two\n".utf8))
        try await log.flush()
        #expect(try readable(path) == "one\ntwo\n")
        #expect(try await log.finish().kept == 8)
        #expect(try readable(path) == "one\ntwo\n")
    }

    private func readable(_ path: String) throws -> String {
        let file = try #require(gzopen(path, "rb"))
        defer { gzclose(file) }
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = gzread(file, &buffer, 100)
        return String(decoding: buffer.prefix(Int(max(0, count))), as: UTF8.self)
    }

    @Test func `a log of exactly the limit is complete`() async throws {
        let (text, summary, _) = try await log([String(repeating: "x", count: 400)], limit: 400)
        #expect(text == String(repeating: "x", count: 400))
        #expect(summary.isComplete)
    }

    @Test(arguments: [
        (["cp: No space left on dev", "ice\n"], true), (["No space No space left on device"], true),
        (["No space left", " on the table"], false), (["No ", "No space left on device"], true),
    ])
    func `a full disk is heard of across pieces`(_ pieces: [String], _ mentions: Bool) async throws {
        #expect(try await log(pieces, limit: 10).mentions == mentions)
    }
}
