// SPDX-License-Identifier: GPL-3.0-or-later

/// What an endpoint answers, whatever carries it.
struct Reply: Sendable {
    /// Takes the pieces of a streamed body; waits where the client is slow.
    typealias Writer = (_ piece: [UInt8]) async throws -> Void

    enum Body: Sendable {
        case bytes([UInt8])
        /// - Parameter length: where it is known before.
        case stream(length: Int?, write: @Sendable (Writer) async throws -> Void)
    }

    var status = 200
    var mediaType: String
    var headers: [Problem.Header] = []
    var body: Body

    static func json(_ value: some Encodable, mediaType: String = "application/json") throws -> Reply {
        Reply(mediaType: mediaType, body: .bytes(try JSON.encode(value)))
    }

    static func text(_ text: String, mediaType: String) -> Reply {
        Reply(mediaType: mediaType + "; charset=utf-8", body: .bytes(Array(text.utf8)))
    }

    /// A list cut at a limit, with the address of what follows in a `Link` header, RFC 8288.
    static func page(_ elements: [some Encodable], next: WebPath?) throws -> Reply {
        var reply = try json(elements)
        if let next { reply.headers.append(Problem.Header(name: "Link", value: "<\(next)>; rel=\"next\"")) }
        return reply
    }
}
