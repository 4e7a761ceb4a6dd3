// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite("GET /api/v1/runs/{run}/log")
struct RunLogTests {
    private static let text = (1...20_000).map { "line \($0) \u{1b}[31m<b>red</b>\u{1b}[0m ü\n" }.joined()

    @Test(arguments: Transport.allCases)
    func `a stored log is unpacked for who does not take gzip`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            try site.logs.write(Self.text, run: 1)
            for headers in [[:], ["Accept-Encoding": "br, gzip;q=0"]] {
                let answer = try await site.get("/api/v1/runs/1/log", headers)
                #expect(answer.status == 200)
                #expect(answer.headers["content-encoding"] == nil)
                #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(answer.text == Self.text)
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `a stored log is sent as it is kept to who takes gzip`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let stored = try site.logs.write(Self.text, run: 1)
            let answer = try await site.get("/api/v1/runs/1/log", ["Accept-Encoding": "deflate, gzip"])
            #expect(answer.headers["content-encoding"] == "gzip")
            #expect(answer.headers["content-length"] == String(stored.count))
            #expect(answer.body == stored)
            #expect(try LogFolder.gunzip(answer.body) == Self.text)
            let again = try await site.get(
                "/api/v1/runs/1/log", ["Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"] ?? ""])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
        }
    }

    @Test(arguments: Transport.allCases)
    func `ranges of the stored form make the whole`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let stored = try site.logs.write(Self.text, run: 1)
            let ranges = ["bytes=0-99", "bytes=100-\(stored.count - 11)", "bytes=-10"]
            var together: [UInt8] = []
            for range in ranges {
                let part = try await site.get("/api/v1/runs/1/log", ["Accept-Encoding": "gzip", "Range": range])
                #expect(part.status == 206)
                #expect(part.headers["content-range"]?.hasSuffix("/\(stored.count)") == true)
                together += part.body
            }
            #expect(together == stored)
            let beyond = try await site.get(
                "/api/v1/runs/1/log", ["Accept-Encoding": "gzip", "Range": "bytes=\(stored.count)-"])
            #expect(beyond.status == 416)
            #expect(beyond.headers["content-range"] == "bytes */\(stored.count)")
            let changed = try await site.get(
                "/api/v1/runs/1/log", ["Accept-Encoding": "gzip", "Range": "bytes=0-9", "If-Range": "\"other\""])
            #expect(changed.status == 200)
            #expect(changed.body == stored)
        }
    }

    @Test(arguments: Transport.allCases)
    func `the log of a running build is given as far as it goes`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let early = try await site.get("/api/v1/runs/8/log")
            #expect(early.status == 200)
            #expect(early.body.isEmpty)
            try site.logs.writeUnfinished("so far\n", run: 8)
            let answer = try await site.get("/api/v1/runs/8/log", ["Accept-Encoding": "gzip"])
            #expect(answer.headers["content-encoding"] == nil)
            #expect(answer.text == "so far\n")
        }
    }

    @Test func `a log that was not kept, or of an unknown run, is not found`() async throws {
        try await Site.run { site in
            let missing = try await site.problem("/api/v1/runs/2/log", status: 404)
            #expect(missing["detail"] == "No log of run 2 was kept.")
            let unknown = try await site.problem("/api/v1/runs/77/log", status: 404)
            #expect(unknown["detail"]?.string?.contains("There is no run 77") == true)
        }
    }

    @Test func `a damaged log breaks off instead of passing for whole`() async throws {
        try await Site.run { site in
            var stored = try site.logs.write(Self.text, run: 1)
            stored.removeLast(stored.count / 2)
            try site.logs.replace(stored, run: 1)
            await #expect(throws: (any Error).self) { try await site.get("/api/v1/runs/1/log") }
        }
    }
}
