// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

/// Requests that are too large, too slow or no requests at all, over a real connection.
@Suite struct RequestLimitTests {
    @Test(arguments: Transport.allCases)
    func `a long address is refused`(transport: Transport) async throws {
        try await Site.run(over: transport, filling: .nothing) { site in
            let long = "/api/v1/traps?package=" + String(repeating: "x", count: 9_000)
            let problem = try await site.problem(long, status: 414)
            #expect(problem["detail"] == "An address may have 8192 bytes at most.")
        }
    }

    @Test func `a large body is refused before it is read`() async throws {
        try await Site.run(over: .socket, filling: .nothing) { site in
            let client = SocketClient(port: try #require(site.port))
            let answer = try await client.exchange(
                "POST /api/v1/traps HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n",
                until: { $0.count > 20 })
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: ["\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{7f} HTTP/1.1\r\nX: \u{0}\r\n\r\n"])
    func `what is no request ends the connection and nothing else`(bytes: String) async throws {
        try await Site.run(over: .socket, filling: .nothing) { site in
            let client = SocketClient(port: try #require(site.port))
            let answer = try await client.exchange(bytes, until: nil)
            #expect(!String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
            let health = try await site.json("/healthz")
            #expect(health == ["status": "ok"])
        }
    }

    @Test func `a header that trickles in is cut off, however busily`() async throws {
        try await Site.run(over: .socket, filling: .nothing, headerTimeout: .milliseconds(300)) { site in
            let client = SocketClient(port: try #require(site.port))
            // Never ended: the server has to close.
            let answer = try await client.exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", until: nil)
            #expect(answer.isEmpty)
            #expect(try await site.get("/healthz").status == 200)
        }
    }

    @Test func `a body without a length is refused`() async throws {
        try await Site.run(over: .socket, filling: .nothing) { site in
            let client = SocketClient(port: try #require(site.port))
            let answer = try await client.exchange(
                "POST /api/v1/traps/1/annotation HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                until: { $0.count > 20 })
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `long answers are packed for who takes that, under a tag of their own`() async throws {
        try await Site.run { site in
            let whole = try await site.get("/api/v1/openapi.json")
            let packed = try await site.get("/api/v1/openapi.json", ["Accept-Encoding": "br, gzip;q=0.5"])
            #expect(whole.headers["content-encoding"] == nil && packed.headers["content-encoding"] == "gzip")
            #expect(try LogFolder.gunzip(packed.body) == whole.text)
            #expect(packed.body.count < whole.body.count / 3)
            #expect(packed.headers["vary"] == "Accept-Encoding" && whole.headers["vary"] == "Accept-Encoding")
            let tag = try #require(packed.headers["etag"])
            #expect(tag != whole.headers["etag"])
            let again = try await site.get(
                "/api/v1/openapi.json", ["Accept-Encoding": "gzip", "If-None-Match": tag])
            #expect(again.status == 304)
            #expect(try await site.get("/healthz", ["Accept-Encoding": "gzip"]).headers["content-encoding"] == nil)
        }
    }

    @Test func `requests can follow each other on one connection`() async throws {
        try await Site.run(over: .socket, filling: .nothing) { site in
            let client = SocketClient(port: try #require(site.port))
            let answer = try await client.exchange(
                "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /api/v1/jobsets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                until: nil)
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.ranges(of: "HTTP/1.1 200 OK").count == 2)
        }
    }
}
