// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Synchronization
import TimeTravel

/// A run's log while it is written, as server-sent events (HTML, section 9.2): one event a piece of the log, numbered by
/// the bytes sent so far, and an event `end` with the outcome.
struct LiveLog: Sendable {
    let run: Int64
    let services: WebServices

    /// How often the file is looked at, and how long a connection lasts at most; a client then goes on by itself where it was.
    private static let pause = Duration.milliseconds(500)
    private static let longest = Duration.seconds(1_800)
    /// Streams at once.
    static let limit = 100

    /// One event, its fields by name.
    static let eventSchema = Schema.object(
        [:],
        optional: [
            "id": Schema.text, "event": Schema.words(["message", "end"]), "data": Schema.text, "retry": Schema.integer,
        ],
        """
        A piece of the log, with 'id' saying how many bytes of it were sent so far; or 'end', whose data is the outcome.
        """)

    /// - Parameter from: bytes that the client has already: its `Last-Event-ID`.
    func reply(from: Int) throws -> Reply {
        guard services.liveLogs.begin() else { throw Problem.tooMany(wait: 30) }
        let place = Release(services.liveLogs)
        return Reply(
            mediaType: "text/event-stream", headers: [Problem.Header(name: "Cache-Control", value: "no-store")],
            body: .stream(length: nil) { write in
                defer { place.end() }
                try await follow(from: from, write)
            })
    }

    private func follow(from: Int, _ write: Reply.Writer) async throws {
        let end = ContinuousClock.now.advanced(by: Self.longest)
        var state = Position(skip: from)
        try await write(Array("retry: 2000\n\n".utf8))
        var quiet = 0
        while ContinuousClock.now < end {
            // The outcome first: what was written before it is in the file by now.
            let record = try await services.database.run(run)
            let sent = state.sent
            try await state.forward(services.logs(run), services.logFiles, write)
            if record?.outcome != nil || record == nil {
                try await write(Array("event: end\ndata: \(record?.outcome?.rawValue ?? "unknown")\n\n".utf8))
                return
            }
            quiet = state.sent == sent ? quiet + 1 : 0
            // A comment now and then, so that nobody on the way takes the connection for dead.
            if quiet % 20 == 19 { try await write(Array(": still running\n\n".utf8)) }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// How far the log was read and sent.
    private struct Position {
        var sent = 0
        private var offset = 0
        private var skip: Int
        private var inflater: Inflater?

        /// U+FFFD, in the place of what would end a field.
        private static let replacement = Array("\u{fffd}".utf8)

        init(skip: Int) {
            self.skip = skip
        }

        /// Sends what has come to the file.
        mutating func forward(_ path: String, _ files: LogFiles, _ write: Reply.Writer) async throws {
            guard let file = await files.open(path) else { return }
            let inflater = try inflater ?? Inflater()
            self.inflater = inflater
            while offset < file.size {
                let piece = try await files.read(file, at: offset)
                if piece.isEmpty { return }
                offset += piece.count
                var pieces: [[UInt8]] = []
                try await inflater.push(piece) { pieces.append($0) }
                for bytes in pieces { try await send(bytes, write) }
            }
        }

        private mutating func send(_ bytes: [UInt8], _ write: Reply.Writer) async throws {
            sent += bytes.count
            let dropped = min(skip, bytes.count)
            skip -= dropped
            guard dropped < bytes.count else { return }
            // Every line end of the text begins a new line of data; a carriage return would end the field.
            // Bytes, not characters: to Swift a carriage return and the line feed after it are one.
            let lines = bytes.dropFirst(dropped).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            var event = Array("id: \(sent)\n".utf8)
            for line in lines {
                event += Array("data: ".utf8) + line.flatMap { $0 == UInt8(ascii: "\r") ? Self.replacement : [$0] }
                event.append(UInt8(ascii: "\n"))
            }
            try await write(event + [UInt8(ascii: "\n")])
        }
    }

    /// Gives a place back once, when its stream has ended or was never begun.
    private final class Release: Sendable {
        private let count: LiveLogCount
        private let isDone = Mutex(false)

        init(_ count: LiveLogCount) {
            self.count = count
        }

        func end() {
            let first = isDone.withLock { done in
                defer { done = true }
                return !done
            }
            if first { count.end() }
        }

        deinit {
            end()
        }
    }
}

/// How many logs are followed now.
final class LiveLogCount: Sendable {
    private let count = Mutex(0)

    func begin() -> Bool {
        count.withLock { count in
            guard count < LiveLog.limit else { return false }
            count += 1
            return true
        }
    }

    func end() {
        count.withLock { $0 -= 1 }
    }
}
