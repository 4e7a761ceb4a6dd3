// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import Testing

@testable import WebAPI

/// Addresses that Guix's own clients know, with the objects they expect.
@Suite("Cuirass's addresses")
struct CuirassTests {
    @Test func `a build is found under each of its derivation's screening conditions`() async throws {
        try await Site.run { site in
            let added = try await site.pool.query(
                """
                insert into build (derivation_id, conditions_id, jobset_id, state, pending, finished)
                values (4, 2, 1, 'succeeded', 0, now()) returning id
                """)
            let id: Int = try #require(try added.first?.decode("id"))
            #expect(try await site.json("/build/\(id)")["id"]?.integer == Int64(id))
            #expect(try await site.json("/build/7")["id"] == 7)
        }
    }

    private static let midnight: Int64 = 1_795_132_800  // 2026-11-20

    @Test(arguments: Transport.allCases)
    func `a build is the object that Guix reads`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let build = try await site.json("/build/7")
            #expect(
                build == [
                    "id": 7, "evaluation": 1, "jobset": "demo", "job": "hello.x86_64-linux",
                    "timestamp": .integer(Self.midnight + 600), "starttime": .integer(Self.midnight),
                    "stoptime": .integer(Self.midnight + 600),
                    "derivation": .string("/gnu/store/\(try #require(try await site.derivation(7)))"),
                    "buildoutputs": ["out": ["path": .string("/gnu/store/\(FarmFilling.item)")]],
                    "system": "x86_64-linux",
                    "nixname": "hello-2.12",
                    "buildstatus": 0, "weather": -1, "busy": 0, "priority": 0, "finished": 1, "buildproducts": [],
                    "project": "guix", "jobsetevals": [1],
                    "drvpath": .string("/gnu/store/\(try #require(try await site.derivation(7)))"),
                ])
            let byDerivation = try await site.json("/build/\(try #require(try await site.derivation(7)))")
            #expect(byDerivation == build)
        }
    }

    @Test(arguments: [
        ("/build/42", 404, "Build with ID 42 doesn't exist."),
        ("/build/no.drv", 404, "Build with derivation no.drv doesn't exist."),
        ("/api/latestbuilds", 500, "Parameter not defined!"), ("/api/queue", 500, "Parameter not defined!"),
        ("/api/latestbuilds?nr=1001", 500, "Maximum limit exceeded"),
        ("/api/evaluations", 500, "Parameter not defined!"),
        ("/api/evaluation", 500, "Parameter not defined!"), ("/api/jobs", 500, "Parameter not defined!"),
        ("/api/evaluation?id=77", 404, "Evaluation with ID 77 doesn't exist."),
        ("/api/jobs/history?spec=demo&nr=1", 500, "Parameter not defined!"),
    ])
    func `errors are those of Cuirass`(target: String, status: Int, message: String) async throws {
        try await Site.run { site in
            let answer = try await site.get(target)
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(try JSON(decoding: answer.body) == ["error": .string(message)])
        }
    }

    @Test(arguments: [
        ("nr=10", [7, 6, 5, 1]), ("nr=2", [7, 6]), ("nr=10&job=foo.x86_64-linux", [1]), ("nr=10&jobset=no", []),
        ("nr=10&evaluation=2", []), ("nr=10&system=x86_64-linux", [7, 6, 5, 1]), ("nr=10&system=aarch64-linux", []),
        ("nr=10&unknown=1&job=", [7, 6, 5, 1]), ("nr=10&status=0", [7]), ("nr=10&status=failed", [6, 5, 1]),
    ])
    func `latest builds are those that ended, newest first`(query: String, ids: [Int64]) async throws {
        try await Site.run { site in
            _ = try await site.pool.query("update derivation set availability = 'available' where name = 'hello-2.12'")
            let builds = try await site.json("/api/latestbuilds?\(query)")
            #expect(builds.array?.map { $0["id"]?.integer } == ids)
        }
    }

    @Test func `a trapped package whose outputs are there has succeeded`() async throws {
        try await Site.run { site in
            _ = try await site.pool.query(
                "update derivation set availability = 'available' where name = 'python-foo-1.2'")
            let build = try await site.json("/build/1")
            #expect(build["buildstatus"] == 0)
            let other = try await site.json("/build/5")
            #expect(other["buildstatus"] == 1)
        }
    }

    @Test func `the queue is what has not ended`() async throws {
        try await Site.run { site in
            let queue = try await site.json("/api/queue?nr=1000")
            #expect(queue.array?.map { $0["id"] } == [8])
            #expect(queue[0]?["buildstatus"] == -1)
            #expect(queue[0]?["busy"] == 1)
            #expect(queue[0]?["stoptime"] == 0)
        }
    }

    @Test func `evaluations have the keys of new and old clients`() async throws {
        try await Site.run { site in
            let evaluations = try await site.json("/api/evaluations?nr=10&spec=demo")
            #expect(evaluations.array?.map { $0["status"] } == [-1, 1, 0])
            #expect(evaluations.array?.map { $0["in-progress"] } == [1, 0, 0])
            let evaluation = try await site.json("/api/evaluation?id=1")
            #expect(evaluation == evaluations[2])
            #expect(
                evaluation["checkouts"] == [
                    [
                        "commit": .string(String(repeating: "a", count: 40)), "channel": "demo", "input": "demo",
                        "directory": "",
                    ]
                ])
            #expect(evaluation["specification"] == "demo")
        }
    }

    @Test func `jobs of an evaluation, and what became of them`() async throws {
        try await Site.run { site in
            let jobs = try await site.json("/api/jobs?evaluation=1")
            #expect(
                jobs.array?.map { $0["name"]?.string } == [
                    "attack.x86_64-linux", "bar.x86_64-linux", "foo.x86_64-linux", "hello.x86_64-linux",
                    "slow.x86_64-linux",
                ])
            let two = try await site.json("/api/jobs?evaluation=1&names=foo.x86_64-linux,hello.x86_64-linux")
            #expect(
                two == [
                    ["build": 1, "status": 1, "name": "foo.x86_64-linux"],
                    ["build": 7, "status": 0, "name": "hello.x86_64-linux"],
                ])
            let history = try await site.json("/api/jobs/history?spec=demo&names=foo.x86_64-linux&nr=10")
            #expect(history.array?.map { $0["evaluation"] } == [3, 2, 1])
            #expect(history[2]?["jobs"] == [["build": 1, "status": 1, "name": "foo.x86_64-linux"]])
            #expect(history[0]?["jobs"] == [])
        }
    }
}

extension Site {
    /// Base name of a build's derivation.
    func derivation(_ build: Int) async throws -> String? {
        try await database.builds(id: build).first?.derivation
    }
}
