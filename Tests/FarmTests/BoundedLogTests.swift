// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Logging
import Testing

@testable import Farm

/// A server's log takes so much of the disk and no more, and nothing that was written to it in time is missing.
@Suite struct BoundedLogTests {
    /// Two descriptors that lead to a log, as standard output and error do.
    private final class Streams {
        let path = NSTemporaryDirectory() + "bounded-\(UUID().uuidString).log"
        let output: Int32
        let error: Int32

        init() throws {
            output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            error = dup(output)
            try #require(output >= 0 && error >= 0)
        }

        func lines(_ file: String) -> [String] {
            ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
        }

        var older: String { path + ".1" }

        deinit {
            close(output)
            close(error)
            for file in [path, older] { unlink(file) }
        }
    }

    /// Writes to a descriptor what it is told to log.
    private struct Writer: LogHandler {
        let descriptor: Int32
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        func log(event: LogEvent) { BoundedLogTests.write("\(event.message) \(metadata)", to: descriptor) }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }

    private static func write(_ line: String, to descriptor: Int32) {
        let bytes = Array((line + "\n").utf8)
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    @Test func `many who write while a new file is begun lose no line and tear none`() async throws {
        let streams = try Streams()
        let log = try #require(
            BoundedLog(path: streams.path, limit: 60_000, descriptors: [streams.output, streams.error]))
        let padding = String(repeating: "x", count: 40)
        let ends = [streams.output, streams.error]
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for line in 0..<500 {
                        Self.write("\(writer) \(line) \(padding)", to: ends[line % 2])
                        log.checkSize()
                    }
                }
            }
        }
        let (older, newer) = (streams.lines(streams.older), streams.lines(streams.path))
        #expect(!older.isEmpty && !newer.isEmpty)
        let all = (0..<4).flatMap { writer in (0..<500).map { "\(writer) \($0) \(padding)" } }
        #expect((older + newer).sorted() == all.sorted())
    }

    @Test func `however much is logged, two files of the limit are there`() throws {
        let streams = try Streams()
        let log = try #require(BoundedLog(path: streams.path, limit: 1_000, descriptors: [streams.output]))
        var logger = Logger(label: "test") { _ in BoundedLogHandler(Writer(descriptor: streams.output), file: log) }
        logger[metadataKey: "key"] = "value"
        for line in 0..<300 { logger.info("Line \(line)") }
        logger.debug("This is not asked for")
        let (older, newer) = (streams.lines(streams.older), streams.lines(streams.path))
        #expect(older.joined(separator: "\n").utf8.count < 1_100 && newer.joined(separator: "\n").utf8.count < 1_100)
        // The last lines, without a gap.
        let count = older.count + newer.count
        #expect(count > 20)
        #expect(older + newer == (300 - count..<300).map { "Line \($0) [\"key\": value]" })
        #expect(!FileManager.default.fileExists(atPath: streams.path + ".new"))
    }

    @Test func `what is written beside the log, as of a crash, is in the newest file`() throws {
        let streams = try Streams()
        let log = try #require(BoundedLog(path: streams.path, limit: 10, descriptors: [streams.output, streams.error]))
        Self.write("a line of the log", to: streams.output)
        log.checkSize()
        Self.write("Fatal error", to: streams.error)
        #expect(streams.lines(streams.older) == ["a line of the log"])
        #expect(streams.lines(streams.path) == ["Fatal error"])
    }

    @Test func `a log that cannot be put aside goes on`() throws {
        let streams = try Streams()
        let log = try #require(BoundedLog(path: streams.path, limit: 10, descriptors: [streams.output]))
        try FileManager.default.createDirectory(atPath: streams.older, withIntermediateDirectories: true)
        defer { rmdir(streams.older) }
        for line in ["a line of the log", "another line"] {
            Self.write(line, to: streams.output)
            log.checkSize()
        }
        #expect(streams.lines(streams.path) == ["a line of the log", "another line"])
        unlink(streams.path + ".new")
    }

    @Test func `streams that lead elsewhere are left alone`() throws {
        let (one, other) = (try Streams(), try Streams())
        #expect(BoundedLog(path: one.path, limit: 0, descriptors: [other.output]) == nil)
        #expect(BoundedLog(path: one.path + ".absent", limit: 0, descriptors: [one.output]) == nil)
        let log = try #require(BoundedLog(path: one.path, limit: 1, descriptors: [one.output, other.output]))
        Self.write("one", to: one.output)
        log.checkSize()
        Self.write("other", to: other.output)
        #expect(other.lines(other.path) == ["other"])
    }
}
