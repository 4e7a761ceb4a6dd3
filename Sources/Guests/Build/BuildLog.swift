// SPDX-License-Identifier: GPL-3.0-or-later

internal import CZlib
internal import ThreadExecutors

/// What a build's log came to.
package struct BuildLogSummary: Codable, Hashable, Sendable {
    package var path: String
    /// Bytes that the builder wrote.
    package var written: Int
    /// Bytes of them that the file holds, before compression.
    package var kept: Int

    package init(path: String, written: Int = 0, kept: Int = 0) {
        self.path = path
        self.written = written
        self.kept = kept
    }

    package var isComplete: Bool { written == kept }
}

/// A build's log on its way into a compressed file, never whole in memory.
///
/// Beyond the limit the middle is left out, with a note in its place: how a build failed stands at its end.
actor BuildLog {
    private let executor = ThreadExecutor(name: "build log")
    private let path: String
    private let headLimit: Int
    private let tailLimit: Int
    private var gzip: GzipFile?
    private var written = 0
    private var kept = 0
    private var isFlushed = true
    private var tail: [UInt8] = []
    private var phrase = PhraseWatch("No space left on device")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter limit: bytes that are kept, before compression.
    init(path: String, limit: Int) {
        self.path = path
        tailLimit = min(limit / 4, 1 << 20)
        headLimit = limit - tailLimit
    }

    func append(_ bytes: [UInt8]) throws {
        if gzip == nil { gzip = try GzipFile(path: path) }
        written += bytes.count
        phrase.look(at: bytes)
        let head = bytes.prefix(max(0, headLimit - kept))
        if !head.isEmpty {
            try gzip?.write(head)
            kept += head.count
            isFlushed = false
        }
        tail += bytes.dropFirst(head.count)
        // Cut seldom, so that each byte is moved about once.
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// Lets readers of the growing file see everything up to here, short of what the limit holds back.
    func flush() throws {
        if isFlushed { return }
        try gzip?.flush()
        isFlushed = true
    }

    /// Completes the file. To be called once.
    func finish() throws -> BuildLogSummary {
        if gzip == nil { gzip = try GzipFile(path: path) }
        let end = tail.suffix(tailLimit)
        let missing = written - kept - end.count
        if missing > 0 {
            let note = "\n[\(missing) bytes are left out here: the log is limited to \(headLimit + tailLimit) bytes]\n"
            try gzip?.write(Array(note.utf8)[...])
        }
        try gzip?.write(end)
        try gzip?.finish()
        return BuildLogSummary(path: path, written: written, kept: kept + end.count)
    }

    /// Whether the builder spoke of a full disk.
    var mentionsFullDisk: Bool { phrase.wasSeen }
}
