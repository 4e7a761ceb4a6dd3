// SPDX-License-Identifier: GPL-3.0-or-later

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import WebAPI

/// Gives requests to the router without a connection.
struct InProcessClient: WebClient {
    let responder: RouterResponder<WebContext>

    init(_ services: WebServices) {
        responder = almanacRouter(services).buildResponder()
    }

    /// Where requests seem to come from.
    var address: String?

    func send(_ method: String, _ target: String, _ headers: [String: String], body: String) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let head = HTTPRequest(
            method: HTTPRequest.Method(method) ?? .get, scheme: "http", authority: "localhost", path: target,
            headerFields: fields)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let response = try await responder.respond(
            to: request, context: WebContext(logger: Logger(label: "test"), address: address))
        let collected = Collected()
        try await response.body.write(CollectingWriter(collected: collected))
        let pairs = response.headers.map { ($0.name.canonicalName, $0.value) }
        return Answer(
            status: response.status.code, headers: Dictionary(pairs, uniquingKeysWith: { "\($0), \($1)" }),
            body: collected.bytes.withLock { $0 })
    }
}

private final class Collected: Sendable {
    let bytes = Mutex<[UInt8]>([])
}

private struct CollectingWriter: ResponseBodyWriter {
    let collected: Collected

    mutating func write(_ buffer: ByteBuffer) async throws {
        collected.bytes.withLock { $0 += Array(buffer.readableBytesView) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
