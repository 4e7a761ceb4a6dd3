// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

/// What holds whatever the address.
@Suite struct EveryEndpointTests {
    /// Redirections have a test of their own.
    private static let targets = Endpoint.all.filter { $0.otherStatuses[302] == nil }.map(target)

    /// The addresses of pages for people.
    static let pages = Endpoint.all.filter { $0.contents.contains { $0.mediaType == "text/html" } }.map(target)

    private static func target(_ endpoint: Endpoint) -> String {
        let path = endpoint.path.split(separator: "/").map {
            switch $0 {
            case "{name}", "{jobset}": "demo"
            case "{job}": "foo.x86_64-linux"
            case "{item}": FarmFilling.item
            default: $0.hasPrefix("{") ? "1" : String($0)
            }
        }
        return "/" + path.joined(separator: "/") + (required[endpoint.path] ?? "")
    }

    /// Queries without which an address answers an error.
    private static let required = [
        "/api/latestbuilds": "?nr=5", "/api/queue": "?nr=5", "/api/evaluation": "?id=1", "/api/evaluations": "?nr=5",
        "/evaluations/{evaluation}/changes": "?since=1", "/api/v1/evaluations/{evaluation}/changes": "?since=1",
        "/api/jobs": "?evaluation=1", "/api/jobs/history": "?spec=demo&names=foo.x86_64-linux&nr=5",
    ]

    /// Answers that are made while they are sent.
    private static let streamed = [
        "/api/v1/runs/1/log", "/log/\(FarmFilling.item)", "/api/v1/runs/1/events", "/api/v1/traps.csv",
        "/api/v1/traps.jsonl",
    ]

    @Test func `every address answers, and HEAD gives GET's headers without the body`() async throws {
        try await Site.run { site in
            try site.logs.write("log\n", run: 1)
            try site.logs.write("log\n", run: 7)
            for target in Self.targets {
                let whole = try await site.get(target)
                #expect(whole.status == 200, "\(target): \(whole.text)")
                let head = try await site.client.send("HEAD", target, [:])
                #expect(head.status == 200, "\(target)")
                #expect(head.body.isEmpty, "\(target)")
                #expect(head.headers["content-length"] == whole.headers["content-length"], "\(target)")
                #expect(head.headers["etag"] == whole.headers["etag"], "\(target)")
            }
        }
    }

    @Test func `what did not change is not sent again`() async throws {
        try await Site.run { site in
            try site.logs.write("log\n", run: 1)
            try site.logs.write("log\n", run: 7)
            for target in Self.targets where !Self.streamed.contains(target) {
                let first = try await site.get(target)
                let tag = try #require(first.headers["etag"], "\(target)")
                for condition in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let second = try await site.get(target, ["If-None-Match": condition])
                    #expect(second.status == 304, "\(target) \(condition)")
                    #expect(second.body.isEmpty)
                    #expect(second.headers["etag"] == tag)
                }
                let other = try await site.get(target, ["If-None-Match": "\"other\""])
                #expect(other.status == 200)
                #expect(other.headers["etag"] == tag)
            }
        }
    }

    @Test func `security headers are on every answer, errors included`() async throws {
        try await Site.run { site in
            for target in Self.targets + ["/nothing", "/api/v1/traps/x", "/api/v1/nothing"] {
                let headers = try await site.get(target).headers
                #expect(headers["content-security-policy"]?.hasPrefix("default-src 'none'; style-src 'self'") == true)
                #expect(headers["x-content-type-options"] == "nosniff")
                #expect(headers["referrer-policy"] == "no-referrer")
                #expect(headers["access-control-allow-origin"] == "*")
            }
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "MKCOL"])
    func `nothing can be changed`(method: String) async throws {
        try await Site.run { site in
            for target in Self.targets {
                let answer = try await site.client.send(method, target, [:])
                #expect(answer.status == 405, "\(target)")
                #expect(answer.headers["allow"]?.contains("GET") == true)
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `an address that is none is a problem that says where addresses are listed`(transport: Transport) async throws
    {
        try await Site.run(over: transport, filling: .nothing) { site in
            for target in [
                "/nothing", "/api/v1", "/api/v1/traps/1/2", "/api/../etc/passwd", "/%2e%2e/etc", "/API/v1/traps",
            ] {
                let problem = try await site.problem(target, status: 404)
                #expect(problem["detail"]?.string?.contains("/api/v1/openapi.json") == true)
            }
            let page = try await site.get("/<script>", ["Accept": "text/html"])
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("/&lt;script&gt;"))
        }
    }
}
