// SPDX-License-Identifier: GPL-3.0-or-later

/// A run's log on disk: a gzip file, whole when the run has ended, as far as it goes while the run goes on.
struct RunLog: Sendable {
    let path: String
    let isComplete: Bool
    let files: LogFiles

    /// Unpacks the log from its beginning; a log that is still written ends where it ends now.
    ///
    /// - Returns: false when there is no such file.
    @discardableResult
    func unpack(_ write: Reply.Writer) async throws -> Bool {
        guard let file = await files.open(path) else { return false }
        try await unpack(file, write)
        return true
    }

    private func unpack(_ file: LogFiles.Handle, _ write: Reply.Writer) async throws {
        let inflater = try Inflater()
        var offset = 0
        while offset < file.size {
            let piece = try await files.read(file, at: offset)
            if piece.isEmpty { break }
            offset += piece.count
            try await inflater.push(piece, write: write)
        }
        if isComplete && !inflater.isAtEnd { throw LogError.damaged }
    }

    /// The answer to a request for the log.
    func reply(acceptEncoding: String?, range: String?, ifRange: String?, run: Int64) async throws -> Reply {
        guard let file = await files.open(path) else {
            if isComplete { throw Problem.notFound("No log of run \(run) was kept.") }
            return .text("", mediaType: "text/plain")
        }
        var reply = Reply(mediaType: "text/plain; charset=utf-8", body: .bytes([]))
        reply.headers.append(Problem.Header(name: "Vary", value: "Accept-Encoding"))
        guard isComplete, ContentCoding.accepts("gzip", in: acceptEncoding) else {
            reply.body = .stream(length: nil) { write in try await unpack(file, write) }
            return reply
        }
        let tag = "\"\(String(file.modified, radix: 36))-\(file.size)\""
        reply.headers += [
            Problem.Header(name: "Content-Encoding", value: "gzip"),
            Problem.Header(name: "Accept-Ranges", value: "bytes"),
            Problem.Header(name: "ETag", value: tag),
        ]
        let wanted = ifRange == nil || ifRange == tag ? range : nil
        switch ByteRange.read(wanted, size: file.size) {
        case .whole:
            reply.body = stored(file, 0..<file.size)
        case .part(let part):
            reply.status = 206
            reply.headers.append(
                Problem.Header(
                    name: "Content-Range", value: "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.size)"))
            reply.body = stored(file, part)
        case .beyond:
            throw Problem(
                status: 416, title: "Range not satisfiable",
                detail: "The stored log has \(file.size) bytes; the range asked for lies beyond them.",
                headers: [Problem.Header(name: "Content-Range", value: "bytes */\(file.size)")])
        }
        return reply
    }

    private func stored(_ file: LogFiles.Handle, _ part: Range<Int>) -> Reply.Body {
        .stream(length: part.count) { write in
            var offset = part.lowerBound
            while offset < part.upperBound {
                let piece = try await files.read(file, at: offset, limit: part.upperBound - offset)
                guard !piece.isEmpty else { throw LogError.unreadable(reason: "the file was cut while it was read") }
                offset += piece.count
                try await write(piece)
            }
        }
    }
}
