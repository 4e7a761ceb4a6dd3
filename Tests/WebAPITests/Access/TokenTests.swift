// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Hummingbird
import Postgres
import Testing
import TimeTravel

@testable import WebAPI

/// Who may change something, and who may read where reading is closed.
@Suite struct TokenTests {
    private static let target = "/api/v1/jobsets/demo/trigger"

    @Test(arguments: Transport.allCases)
    func `a change needs a token that holds and has the scope`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            for token in [nil, "", "almanac_wrong", "x' or '1'='1"] as [String?] {
                let answer = try await site.change(Self.target, token: token)
                #expect(answer.status == 401, "\(String(describing: token))")
                #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            }
            let other = try await site.change(Self.target, token: try await site.token(.annotate))
            #expect(other.status == 403 && other.text.contains("scope 'trigger'"))
            let expired = try await site.change(
                Self.target, token: try await site.token(.trigger, expires: CivilDate(firstOf: 2001).start))
            #expect(expired.status == 401)
            for scope in [TokenScope.trigger, .admin] {
                let good = try await site.change(Self.target, token: try await site.token(scope))
                #expect(good.status == 200, "\(good.text)")
            }
        }
    }

    @Test func `a revoked token holds no more, and only its hash was ever stored`() async throws {
        try await Site.run { site in
            let made = try await site.database.createToken(name: "x", scopes: [.trigger], expires: nil)
            #expect(made.token.utf8.count == 51 && made.token.hasPrefix("almanac_"))
            #expect(try await site.change(Self.target, token: made.token).status == 200)
            #expect(try await site.database.accessTokens().first?.lastUsed != nil)
            #expect(try await site.database.revokeToken(made.record.id))
            #expect(try await !site.database.revokeToken(made.record.id))
            #expect(try await site.change(Self.target, token: made.token).status == 401)
            let rows = try await site.pool.query(
                "select count(*) n from access_token where access_token::text like $1", ["%\(made.token)%"])
            #expect(try rows.first?.decode("n", as: Int.self) == 0)
        }
    }

    @Test func `a password, which browsers send by themselves, changes nothing`() async throws {
        try await Site.run { site in
            let basic = Data("me:\(try await site.token(.admin))".utf8).base64EncodedString()
            let answer = try await site.client.send("POST", Self.target, ["Authorization": "Basic \(basic)"])
            #expect(answer.status == 401)
        }
    }

    @Test func `where reading is closed a token of any scope opens it, also as a password`() async throws {
        var closed = AccessPolicy()
        closed.readingIsOpen = false
        try await Site.run(access: closed) { site in
            for target in ["/", "/api/v1/traps", "/metrics", "/api/latestbuilds?nr=1", "/api/v1/openapi.json"] {
                #expect(try await site.get(target).status == 401, "\(target)")
            }
            for target in ["/healthz", "/style.css", "/icon.svg"] {
                #expect(try await site.get(target).status == 200, "\(target)")
            }
            let token = try await site.token(.annotate)
            let basic = Data("me:\(token)".utf8).base64EncodedString()
            for authorization in ["Bearer \(token)", "bearer  \(token)", "Basic \(basic)"] {
                let answer = try await site.get("/api/v1/traps", ["Authorization": authorization])
                #expect(answer.status == 200, "\(authorization)")
            }
            for authorization in [
                "Bearer", "Basic ====", "Digest x", "Basic \(Data("no colon".utf8).base64EncodedString())",
            ] {
                #expect(try await site.get("/api/v1/traps", ["Authorization": authorization]).status == 401)
            }
        }
    }

    @Test func `who guesses tokens has to wait`() async throws {
        try await Site.run { site in
            var statuses: [Int] = []
            for guess in 0..<22 {
                statuses.append(try await site.change(Self.target, token: "almanac_\(guess)").status)
            }
            #expect(statuses.prefix(20).allSatisfy { $0 == 401 })
            #expect(statuses.last == 429)
            let waiting = try await site.change(Self.target, token: try await site.token(.trigger))
            #expect(waiting.status == 429 && waiting.headers["retry-after"] != nil)
            #expect(try await site.get("/api/v1/traps").status == 200)
        }
    }

    @Test func `an address that asks too often is told when to ask again, this machine's own is not`() async throws {
        var slow = AccessPolicy()
        slow.requestsPerSecond = 1
        try await Site.run(access: slow) { site in
            let services = WebServices(database: site.database, access: slow, logs: { _ in "" }, now: { Site.now })
            var far = InProcessClient(services)
            far.address = "192.0.2.1"
            var near = far
            near.address = "127.0.0.1"
            var statuses: [Int] = []
            for _ in 0..<15 { statuses.append(try await far.send("GET", "/style.css", [:]).status) }
            #expect(statuses.prefix(10).allSatisfy { $0 == 200 } && statuses.contains(429))
            for _ in 0..<15 { #expect(try await near.send("GET", "/style.css", [:]).status == 200) }
        }
    }

    @Test func `a bucket fills again with time, for each address its own`() {
        var limiter = RateLimiter(burst: 2, perSecond: 0.5)
        #expect(limiter.take("a", at: .zero) == nil)
        #expect(limiter.take("a", at: .zero) == nil)
        #expect(limiter.take("a", at: .zero) == 2)
        #expect(limiter.take("b", at: .zero) == nil)
        #expect(limiter.take("a", at: .seconds(2)) == nil)
        #expect(limiter.take("a", at: .seconds(2)) == 2)
        for number in 0..<(RateLimiter.memory + 10) { _ = limiter.take("x\(number)", at: .seconds(3)) }
        #expect(limiter.take("a", at: .seconds(100)) == nil)
    }
}
