// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import Testing
import TimeTravel

@testable import WebAPI

/// What each change does.
@Suite struct ChangeTests {
    private func check(_ answer: Answer, _ schema: String, _ site: Site) async throws -> JSON {
        try #require(answer.status == 200, "\(answer.text)")
        let value = try JSON(decoding: answer.body)
        try await Description.of(site).check(value, is: "#/components/schemas/\(schema)")
        return value
    }

    @Test(arguments: Transport.allCases)
    func `a trap is annotated, and the annotation taken back`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let token = try await site.token(.annotate)
            let body = #"{"date": "2020-02-29", "cpu": "Nehalem", "cores": 2, "note": "<b>checked</b>"}"#
            let made = try await check(
                try await site.change("/api/v1/traps/1/annotation", token: token, body: body), "AnnotationRecord", site)
            #expect(made["origin"] == "person" && made["author"] == "tester" && made["note"] == "<b>checked</b>")
            #expect(made["conditions"]?["date"] == "2020-02-29T00:00:00Z" && made["conditions"]?["cores"] == 2)
            #expect(try await site.json("/api/v1/traps/1")["status"] == "annotated")
            #expect(try await site.json("/api/v1/traps/1")["annotation"]?["date"] == "2019-05-01T00:00:00Z")
            let id = try #require(made["id"]?.integer)
            let path = "/api/v1/annotations/\(id)"
            #expect(
                try await check(try await site.change(path, by: "DELETE", token: token), "Done", site) == ["done": true]
            )
            #expect(try await site.change(path, by: "DELETE", token: token).status == 404)
            #expect(try await site.json("/api/v1/traps/1")["status"] == "open")
            // The measured one is number 1.
            #expect(try await site.change("/api/v1/annotations/1", by: "DELETE", token: token).status == 404)
        }
    }

    @Test(arguments: [
        "", "[]", "{", "null", "{}", #"{"note": 5}"#, #"{"dat": "2020-01-01"}"#, #"{"cpu": "pentium"}"#,
        #"{"cores": 0}"#, #"{"cores": 1.5}"#, #"{"kernel": "a b"}"#, #"{"kernel": ""}"#, #"{"date": "soon"}"#,
        #"{"date": null}"#, "\u{feff}{}", "{\"note\": \"" + String(repeating: "x", count: 2_001) + "\"}",
        String(repeating: "[", count: 60_000),
    ])
    func `a body that is not as asked is a problem and nothing is written`(body: String) async throws {
        try await Site.run { site in
            let token = try await site.token(.annotate)
            let answer = try await site.change("/api/v1/traps/1/annotation", token: token, body: body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(try await site.database.annotations(origin: "person").isEmpty)
        }
    }

    @Test func `what is not there is not changed`() async throws {
        try await Site.run { site in
            let token = try await site.token(.admin)
            let body = #"{"note": "x"}"#
            for path in [
                "/api/v1/traps/99/annotation", "/api/v1/jobsets/nothing/trigger", "/api/v1/jobsets/nothing/enable",
                "/api/v1/jobsets/%2e%2e%2fdemo/disable", "/api/v1/alerts/99/retry", "/jobset/nothing/hook/evaluate",
            ] {
                #expect(try await site.change(path, token: token, body: body).status == 404, "\(path)")
            }
        }
    }

    @Test func `a jobset is disabled, enabled and evaluated`() async throws {
        try await Site.run { site in
            let token = try await site.token(.admin)
            let off = try await check(
                try await site.change("/api/v1/jobsets/demo/disable", token: token), "Jobset", site)
            #expect(off["enabled"] == false)
            #expect(try await site.change("/api/v1/jobsets/demo/trigger", token: token).status == 409)
            let on = try await check(try await site.change("/api/v1/jobsets/demo/enable", token: token), "Jobset", site)
            #expect(on["enabled"] == true)
            #expect(try await site.change("/api/v1/jobsets/demo/trigger", token: token).status == 200)
            let wanted = try await site.database.wantedJobsets(now: Site.now)
            #expect(wanted.map(\.cause) == ["manual"])
            let hook = try await site.change("/jobset/demo/hook/evaluate", token: token)
            #expect(try JSON(decoding: hook.body) == ["jobset": "demo"])
        }
    }

    @Test func `what a person says is checked by a build, and its history is told`() async throws {
        try await Site.run { site in
            let token = try await site.token(.annotate)
            let said = try await check(
                try await site.change(
                    "/api/v1/traps/1/annotation", token: token, body: #"{"cpu": "Nehalem", "note": "<b>n</b>"}"#),
                "AnnotationRecord", site)
            let build = try #require(said["check"]?["build"]?.integer)
            #expect(said["check"]?["result"] == "waiting")
            // The date is the measured annotation's, the processor the person's: a build that was there already.
            let probe = try await site.json("/api/v1/builds/\(build)")
            #expect(probe["conditions"]?["date"] == "2019-05-01T00:00:00Z" && probe["conditions"]?["cpu"] == "Nehalem")
            #expect(probe["state"] == "ready")
            for (state, result) in [("succeeded", "confirmed"), ("failed", "refuted")] {
                _ = try await site.pool.query(
                    "update build set state = $2::build_state, finished = now() where id = $1", [Int(build), state])
                let list = try await site.json("/api/v1/annotations?origin=person")
                #expect(list.array?.first?["check"]?["result"]?.string == result)
            }
            let page = try await site.page("/traps/1")
            #expect(
                page.contains("What people say") && page.contains("&lt;b&gt;n&lt;/b&gt;") && page.contains("refuted"))
            #expect(page.contains("status from open to annotated"))

            let history = try #require(try await site.json("/api/v1/traps/1/history").array)
            #expect(history.count == 2)
            #expect(history[0]["before"] == nil && history[0]["after"]?["cause"] == "certificate-expired")
            #expect(history[1]["before"] == ["status": "open"] && history[1]["after"] == ["status": "annotated"])
            // What says nothing new leaves no trace.
            _ = try await site.pool.query("update trap set changed = now(), runs = runs || 5::bigint where id = 1")
            #expect(try await site.json("/api/v1/traps/1/history").array?.count == 2)
        }
    }

    @Test func `a note alone needs no build`() async throws {
        try await Site.run { site in
            let token = try await site.token(.annotate)
            let said = try await check(
                try await site.change("/api/v1/traps/1/annotation", token: token, body: #"{"note": "n"}"#),
                "AnnotationRecord", site)
            #expect(said["check"] == nil)
        }
    }

    @Test func `builds are cancelled, restarted, bumped and pinned`() async throws {
        try await Site.run { site in
            let token = try await site.token(.trigger)
            func change(_ word: String, _ build: Int = 4) async throws -> Answer {
                try await site.change("/api/v1/builds/\(build)/\(word)", token: token)
            }
            // Build 4 has failed, 8 is leased.
            #expect(try await change("cancel").status == 409)
            #expect(try await change("bump").status == 409)
            #expect(try await check(try await change("restart"), "Build", site)["state"] == "ready")
            #expect(try await change("restart").status == 409)
            #expect(try await check(try await change("bump"), "Build", site)["priority"]?.integer ?? 0 > 1_000_000)
            let cancelled = try await check(try await change("cancel"), "Build", site)
            #expect(cancelled["state"] == "cancelled" && cancelled["error"] == "cancelled by tester")
            #expect(try await check(try await change("cancel", 8), "Build", site)["state"] == "cancelled")
            for word in ["pin", "unpin"] { _ = try await check(try await change(word), "Build", site) }
            #expect(try await change("pin", 99).status == 404)
            let dependents = try await site.change("/api/v1/builds/4/restart?dependents=true", token: token)
            #expect(dependents.status == 200)
            #expect(try await site.change("/api/v1/builds/4/restart?dependents=x", token: token).status == 400)
            let reader = try await site.token(.annotate)
            #expect(try await site.change("/api/v1/builds/4/cancel", token: reader).status == 403)
        }
    }

    @Test func `a dead alert is tried again`() async throws {
        try await Site.run { site in
            let token = try await site.token(.admin)
            let alert = try await check(try await site.change("/api/v1/alerts/1/retry", token: token), "Alert", site)
            #expect(alert["state"] == "pending" && alert["attempts"] == 0)
            #expect(try await site.change("/api/v1/alerts/1/retry", token: token).status == 409)
        }
    }

    @Test func `every change is described with its method, scope and failures`() async throws {
        try await Site.run(filling: .nothing) { site in
            let document = try await Description.of(site).document
            for endpoint in Endpoint.changes {
                let change = try #require(endpoint.change)
                let operation = document["paths"]?[endpoint.path]?[change.method.lowercased()]
                #expect(operation?["security"] == (change.scope == nil ? [] : [["token": []]]), "\(endpoint.path)")
                #expect(operation?["responses"]?["401"] != nil && operation?["responses"]?["403"] != nil)
                #expect((operation?["requestBody"] != nil) == (change.body != nil))
                // Nothing is changed by looking at it.
                let path = endpoint.path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : String($0) }
                let answer = try await site.get("/" + path.joined(separator: "/"))
                #expect(answer.status == 405 && answer.headers["allow"]?.contains(change.method) == true)
            }
        }
    }
}
