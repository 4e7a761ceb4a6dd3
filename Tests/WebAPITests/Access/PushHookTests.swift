// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Jobsets
import Postgres
import Testing
import TimeTravel

@testable import WebAPI

/// Pushes as forges tell of them.
@Suite struct PushHookTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    /// A jobset that follows the branch `main` and the tag `v1`.
    private nonisolated(nonsending) func run(
        over transport: Transport = .inProcess, _ body: nonisolated(nonsending) (Site) async throws -> Void
    ) async throws {
        try await Site.run(over: transport, filling: .nothing) { site in
            let jobset = JobsetDescription(
                name: "main", description: "", engine: .nix,
                channel: ChannelDescription(
                    name: "main", url: .demonstration(folder: "demo"), expression: "default.nix"),
                revisions: [.head(branch: "main"), .tag("v1")])
            _ = try await site.database.store([jobset], now: Site.now)
            let id = try await site.database.jobset(named: "main").id
            try await site.database.setPushSecret(Array(Self.secret.utf8), jobset: id)
            _ = try await site.pool.query("update jobset set wanted = null")
            try await body(site)
        }
    }

    private func wanted(_ site: Site) async throws -> String? {
        try #require(try await site.pool.query("select wanted from jobset").first).decode("wanted")
    }

    /// The members of each forge's payload that matter, among some that do not.
    private static func payload(
        _ ref: String, after: String = String(repeating: "b", count: 40), more: String = ""
    ) -> String {
        """
        {"ref":"\(ref)","before":"\(String(repeating: "a", count: 40))","after":"\(after)","compare":"https://x/compare",
        "commits":[{"id":"\(String(repeating: "b", count: 40))","message":"A change \\u00e9","added":[],"removed":[]}],
        "repository":{"id":1,"full_name":"org/channel","private":false},"pusher":{"login":"me"}\(more)}
        """
    }

    private static func headers(
        _ forge: Forge, _ body: String, secret: String = secret, event: String? = nil
    ) -> [String: String] {
        let signature = KeyedHash.sha256(key: Array(secret.utf8), message: Array(body.utf8))
        return switch forge {
        case .forgejo:
            [
                "X-Forgejo-Event": event ?? "push", "X-Forgejo-Signature": signature, "X-Gitea-Event": event ?? "push",
                "X-Gitea-Signature": signature, "X-Forgejo-Delivery": "1",
            ]
        case .gitea: ["X-Gitea-Event": event ?? "push", "X-Gitea-Signature": signature]
        case .github:
            [
                "X-GitHub-Event": event ?? "push", "X-Hub-Signature-256": "sha256=" + signature,
                "X-Hub-Signature": "sha1=0000", "X-GitHub-Delivery": "72d3162e",
            ]
        case .gitlab: ["X-Gitlab-Event": event ?? "Push Hook", "X-Gitlab-Token": secret]
        }
    }

    private func send(
        _ site: Site, _ forge: Forge, _ body: String, _ headers: [String: String], jobset: String = "main"
    ) async throws -> Answer {
        try await site.client.send("POST", "/api/v1/hooks/\(forge.rawValue)/\(jobset)", headers, body: body)
    }

    @Test func `HMAC is the one of RFC 4231`() {
        #expect(
            KeyedHash.sha256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            KeyedHash.isEqual([1, 2], [1, 2]) && !KeyedHash.isEqual([1, 2], [1, 3]) && !KeyedHash.isEqual([1], [1, 2]))
    }

    @Test(arguments: Forge.allCases, Transport.allCases)
    func `a signed push to a followed branch triggers, again and again to the same end`(
        forge: Forge, transport: Transport
    ) async throws {
        try await run(over: transport) { site in
            let body = Self.payload("refs/heads/main")
            for _ in 0..<2 {
                let answer = try await send(site, forge, body, Self.headers(forge, body))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try JSON(decoding: answer.body)["triggered"] == true)
                #expect(try await wanted(site) == "push")
            }
        }
    }

    @Test(arguments: Forge.allCases)
    func `what is not signed with the jobset's secret does nothing`(forge: Forge) async throws {
        try await run { site in
            let body = Self.payload("refs/heads/main")
            let right = Self.headers(forge, body)
            var attempts: [(String, [String: String])] = [
                (body, [:]), (body, Self.headers(forge, body, secret: Self.secret + "0")),
                (body, Self.headers(forge, body, secret: String(Self.secret.dropLast()))),
                (body, right.mapValues { $0.hasSuffix("Hook") || $0 == "push" ? $0 : "" }),
            ]
            if forge != .gitlab { attempts.append((body + " ", right)) }
            for (body, headers) in attempts {
                let answer = try await send(site, forge, body, headers)
                #expect(answer.status == 401, "\(answer.text)")
            }
            #expect(try await send(site, forge, body, right, jobset: "other").status == 401)
            #expect(try await wanted(site) == nil)

            let id = try await site.database.jobset(named: "main").id
            #expect(try await site.database.removePushSecret(jobset: id))
            #expect(try await send(site, forge, body, right).status == 401)
            // A jobset without a secret is not one whose secret is empty.
            let zeros = String(repeating: "\0", count: 32)
            #expect(try await send(site, forge, body, Self.headers(forge, body, secret: zeros)).status != 200)
        }
    }

    @Test(arguments: [
        ("refs/heads/main", true), ("refs/tags/v1", true), ("refs/heads/other", false), ("refs/tags/main", false),
        ("main", false), ("refs/heads/main/x", false), ("", false),
    ])
    func `only what the jobset follows triggers it`(ref: String, triggers: Bool) async throws {
        try await run { site in
            let body = Self.payload(ref)
            let answer = try await send(site, .github, body, Self.headers(.github, body))
            #expect(answer.status == 200)
            #expect(try JSON(decoding: answer.body)["triggered"] == .bool(triggers), "\(answer.text)")
            #expect(try await wanted(site) == (triggers ? "push" : nil))
        }
    }

    @Test func `deletions, other events and jobsets that are off trigger nothing`() async throws {
        try await run { site in
            let zeros = String(repeating: "0", count: 40)
            let gone = Self.payload("refs/heads/main", after: zeros)
            let deleted = Self.payload("refs/heads/main", more: ",\"deleted\":true")
            let plain = Self.payload("refs/heads/main")
            for (body, event) in [(gone, nil), (deleted, nil), (plain, "ping"), ("{\"zen\":\"x\"}", "ping")] {
                let answer = try await send(site, .github, body, Self.headers(.github, body, event: event))
                #expect(answer.status == 200)
                #expect(try JSON(decoding: answer.body)["triggered"] == false, "\(answer.text)")
            }
            try await site.database.setEnabled(false, jobset: try await site.database.jobset(named: "main").id)
            let answer = try await send(site, .github, plain, Self.headers(.github, plain))
            #expect(try JSON(decoding: answer.body)["triggered"] == false)
            #expect(try await wanted(site) == nil)
        }
    }

    @Test(arguments: ["", "[]", "{}", "{\"ref\":5}", "payload=%7B%7D", String(repeating: "[", count: 100_000)])
    func `a body that is no push is a problem`(body: String) async throws {
        try await run { site in
            let answer = try await send(site, .gitea, body, Self.headers(.gitea, body))
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try await wanted(site) == nil)
        }
    }

    @Test func `long pushes are read, too long ones and those to other addresses are not`() async throws {
        try await run(over: .socket) { site in
            let long = Self.payload(
                "refs/heads/main", more: ",\"x\":\"" + String(repeating: "x", count: 300_000) + "\"")
            #expect(try await send(site, .github, long, Self.headers(.github, long)).status == 200)
            let client = SocketClient(port: try #require(site.port))
            for target in ["/api/v1/hooks/github/main", "/api/v1/jobsets/main/trigger"] {
                let answer = try await client.exchange(
                    "POST \(target) HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n", until: { $0.count > 20 })
                #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test func `a forge that is not known is a problem, and no secret is in what the server shows`() async throws {
        try await run { site in
            let answer = try await site.client.send("POST", "/api/v1/hooks/sourcehut/main", [:], body: "{}")
            #expect(answer.status == 400)
            for page in ["/api/v1/jobsets", "/jobsets/main", "/specifications"] {
                #expect(try await !site.get(page).text.contains(Self.secret))
            }
        }
    }

    @Test func `Hydra's push triggers by name or repository, with a token`() async throws {
        try await run { site in
            let token = try await site.token(.trigger)
            #expect(try await site.change("/api/push?jobsets=p:main", token: nil).status == 401)
            let none = try await site.change("/api/push?jobsets=p:other", token: token)
            #expect(none.text == #"{"jobsetsTriggered":[]}"#)
            #expect(try await wanted(site) == nil)
            for query in ["jobsets=p:main,p:other", "repos=demo:demo"] {
                _ = try await site.pool.query("update jobset set wanted = null")
                let answer = try await site.change("/api/push?\(query)", token: token)
                #expect(answer.text == #"{"jobsetsTriggered":["main:main"]}"#, "\(answer.text)")
                #expect(try await wanted(site) == "push")
            }
        }
    }
}
