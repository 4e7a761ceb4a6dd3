// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import Testing

@testable import WebAPI

/// Conditions in forms to be used at once, badges, and the addresses of other farms.
@Suite struct SnippetTests {
    @Test(arguments: Transport.allCases)
    func `a trap's conditions are given to Guile, Guix System, QEMU and systemd`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let scheme = try await site.get("/api/v1/traps/1/annotation.scm").text
            #expect(
                scheme
                    == "(annotation (package \"python-foo\") (version \"1.2\") (trap 1) (date \"2019-05-01T00:00:00Z\"))\n"
            )
            let machine = try await site.get("/api/v1/traps/1/build-machine.scm").text
            #expect(machine.contains("(service virtual-build-machine-service-type"))
            #expect(machine.contains("(date (make-date 0 0 0 0 1 5 2019 0))"))
            #expect(machine.count { $0 == "(" } == machine.count { $0 == ")" })
            let shell = try await site.get("/api/v1/traps/1/qemu.sh").text
            #expect(shell.hasPrefix("#!/bin/sh\n") && shell.contains("-rtc base=2019-05-01T00:00:00,clock=vm"))
            #expect(
                try await site.get("/api/v1/traps/1/qemu.service").text.contains(
                    "\nExecStart=/usr/bin/qemu-system-x86_64 "))
            let all = try await site.get("/api/v1/annotations.scm").text
            #expect(all == "(\n" + scheme + ")\n")
        }
    }

    @Test func `a hostile name ends neither a string nor a comment`() async throws {
        #expect(TrapSnippets.string("a\"b\\c\n)") == "\"a\\\"b\\\\c )\"")
        try await Site.run { site in
            _ = try await site.pool.query(
                "update trap set package = E'x\\n#;(system \"id\")' where id = 1")
            let shell = try await site.get("/api/v1/traps/1/qemu.sh").text
            #expect(shell.contains("\n# x #;(system \"id\") 1.2: trap 1.\n"))
        }
    }

    @Test func `badges say in a word what is known`() async throws {
        try await Site.run { site in
            let badge = try await site.json("/api/v1/badges/python-foo")
            #expect(badge["label"] == "builds until" && badge["message"] == "2027-01-01" && badge["schemaVersion"] == 1)
            #expect(try await site.json("/api/v1/badges/python-bar")["message"] == "cpu-trap")
            #expect(try await site.json("/api/v1/badges/hello")["message"] == "sound")
            #expect(try await site.json("/api/v1/badges/nothing")["message"] == "not known")
            let picture = try await site.get("/badges/python-foo")
            #expect(picture.headers["content-type"] == "image/svg+xml; charset=utf-8")
            #expect(picture.text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
            let jobset = try await site.get("/jobset/demo/badge.svg")
            #expect(jobset.text.contains("demo: "))
        }
    }

    @Test func `addresses of Cuirass's and Hydra's pages lead to ours`() async throws {
        try await Site.run { site in
            for (old, new) in [
                ("/eval/1", "/evaluations/1"), ("/jobset/demo", "/jobsets/demo"), ("/build/2/details", "/builds/2"),
                ("/build/5/log/raw", "/api/v1/runs/9/log"),
            ] {
                let answer = try await site.get(old)
                #expect(answer.status == 302 && answer.headers["location"] == new, "\(old)")
            }
            #expect(try await site.get("/build/9/log/raw").status == 404)
        }
    }

    @Test func `Hydra's clients find jobsets, evaluations and shields`() async throws {
        try await Site.run { site in
            let overview = try JSON(decoding: try await site.get("/api/jobsets?project=demo").body)
            #expect(overview[0]?["name"] == "demo" && overview[0]?["project"] == "demo")
            let jobset = try JSON(decoding: try await site.get("/jobset/demo/demo").body)
            #expect(jobset["enabled"] == 1 && jobset["inputs"]?["demo"]?["type"] == "git")
            let evaluations = try JSON(decoding: try await site.get("/jobset/demo/demo/evals").body)
            #expect(evaluations["evals"]?.array?.map { $0["id"] } == [3, 2, 1])
            let newest = try JSON(decoding: try await site.get("/jobset/demo/demo/latest-eval").body)
            #expect(newest["jobsetevalinputs"]?["demo"]?["revision"]?.string == String(repeating: "a", count: 40))
            let shield = try JSON(decoding: try await site.get("/job/demo/demo/hello.x86_64-linux/shield").body)
            #expect(shield == ["schemaVersion": 1, "label": "hydra build", "color": "green", "message": "passing"])
            #expect(try JSON(decoding: try await site.get("/api/nrqueue").body) == 2)
            let specifications = try JSON(decoding: try await site.get("/specifications").body)
            #expect(specifications[0]?["name"] == "demo")
        }
    }

    @Test func `new traps come as RSS too`() async throws {
        try await Site.run { site in
            let feed = try await site.get("/api/v1/traps.rss")
            #expect(feed.headers["content-type"] == "application/rss+xml; charset=utf-8")
            #expect(feed.text.contains("<rss version=\"2.0\"><channel>") && feed.text.contains("urn:x-almanac:trap:3"))
            #expect(!feed.text.contains("<img src=x"))
            #expect(try await site.get("/events/rss").text == feed.text)
        }
    }
}
