// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import Testing

@testable import WebAPI

/// Lists of what the farm works with and what it says.
@Suite struct ListTests {
    @Test(arguments: Transport.allCases)
    func `channels, revisions, workers, annotations, alerts and investigations are listed`(
        transport: Transport
    )
        async throws
    {
        try await Site.run(over: transport) { site in
            let channels = try await site.json("/api/v1/channels")
            #expect(channels[0]?["name"] == "demo" && channels[0]?["revisions"] == 3)
            let revisions = try await site.json("/api/v1/revisions?channel=demo&limit=2")
            #expect(revisions.array?.count == 2 && revisions[0]?["subject"] == "three")
            #expect(try await site.json("/api/v1/revisions?commit=bbb")[0]?["evaluations"] == [2])
            let worker = try await site.json("/api/v1/workers")[0]
            #expect(worker?["running"] == [8] && worker?["capacity"] == 2)
            #expect(try await site.json("/api/v1/workers/1") == worker)
            let annotation = try await site.json("/api/v1/annotations?trap=1&origin=measured")[0]
            #expect(
                annotation?["package"] == "python-foo" && annotation?["conditions"]?["date"] == "2019-05-01T00:00:00Z")
            let alert = try await site.json("/api/v1/alerts?state=dead")[0]
            #expect(alert?["target"] == "http://127.0.0.1:9/hook" && alert?["attempts"] == 12)
            #expect(try await site.json("/api/v1/alerts/1") == alert)
            let open = try await site.json("/api/v1/investigations?state=open")
            #expect(open.array?.count == 1 && open[0]?["trap"] == 3)
            #expect(try await site.json("/api/v1/investigations")[2]?["steps"] == 3)
        }
    }

    @Test(arguments: [
        "/api/v1/workers/9", "/api/v1/alerts/9", "/api/v1/jobsets/nothing/matrix", "/api/v1/evaluations/1/changes",
        "/api/v1/evaluations/1/changes?since=9", "/api/v1/traps/9/impact", "/api/v1/traps/9/qemu.sh",
        "/api/v1/runs/99/events",
    ])
    func `what is not there is not found`(target: String) async throws {
        try await Site.run { site in _ = try await site.problem(target, status: 404) }
    }

    @Test func `lists are paged by cursors`() async throws {
        try await Site.run { site in
            for list in ["/api/v1/revisions", "/api/v1/investigations"] {
                var seen: [Int64] = []
                var next: String? = "\(list)?limit=2"
                while let target = next {
                    let answer = try await site.get(target)
                    seen += try JSON(decoding: answer.body).array?.compactMap { $0["id"]?.integer } ?? []
                    next = answer.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                }
                #expect(seen == [3, 2, 1], "\(list)")
            }
        }
    }

    @Test func `the matrix has a row a job and a column a revision`() async throws {
        try await Site.run { site in
            let matrix = try await site.json("/api/v1/jobsets/demo/matrix?limit=4")
            #expect(matrix["columns"]?.array?.count == 1 && matrix["rows"]?.array?.count == 4)
            let foo = matrix["rows"]?.array?.first { $0["job"] == "foo.x86_64-linux" }
            #expect(foo?["cells"]?[0]?["verdict"] == "time-trap" && foo?["cells"]?[0]?["trap"] == 1)
            let rest = try await site.get("/api/v1/jobsets/demo/matrix?limit=4").headers["link"]
            #expect(rest?.contains("after=hello.x86_64-linux") == true)
            let troubled = try await site.json("/api/v1/jobsets/demo/matrix?troubled=yes")
            #expect(troubled["rows"]?.array?.contains { $0["job"] == "hello.x86_64-linux" } == false)
            let page = try await site.page("/jobsets/demo/matrix")
            #expect(page.contains("◷ 1.2") && page.contains("href=\"/traps/1\"") && !page.contains("<img src=x"))
        }
    }

    @Test func `evaluations are compared job by job`() async throws {
        try await Site.run { site in
            try await site.pool.execute(
                script: """
                    insert into derivation (hash, name, system, is_fixed, inputs, outputs, output_paths, verdict)
                    values (decode(repeat('0f', 20), 'hex'), 'python-foo-1.3', 'x86_64-linux', false, '{}', '{out}', '{y}', 'sound');
                    insert into evaluation (jobset_id, revision_id, fingerprint, state, cause, started, finished, job_count)
                    values (1, 3, 'g', 'succeeded', 'schedule', now(), now(), 3);
                    insert into job (evaluation_id, name, package, version, system, derivation_id) values
                      (4, 'foo.x86_64-linux', 'python-foo', '1.3', 'x86_64-linux', 6),
                      (4, 'hello.x86_64-linux', 'hello', '2.12', 'x86_64-linux', 4),
                      (4, 'new.x86_64-linux', 'new', '1', 'x86_64-linux', 5);
                    """)
            let changes = try await site.json("/api/v1/evaluations/4/changes")
            let kinds = changes.array?.map { "\($0["job"]?.string ?? "") \($0["change"]?.string ?? "")" }
            #expect(
                kinds == [
                    "attack.x86_64-linux removed", "bar.x86_64-linux removed", "foo.x86_64-linux fixed",
                    "lost.x86_64-linux removed", "new.x86_64-linux added", "slow.x86_64-linux removed",
                ])
            #expect(try await site.json("/api/v1/evaluations/1/changes?since=4")[2]?["change"] == "newly-trapped")
            #expect(try await site.page("/evaluations/4/changes").contains("fixed"))
        }
    }

    @Test(
        arguments: [
            ("sort=package", [3, 2, 1]), ("sort=newest", [3, 2, 1]), ("sort=edge", [1, 3]), ("q=certificate", [1]),
            ("q=expired%20foo", [1]), ("q=illegal", [2]), ("q=python%20-bar", [1]), ("q=%27%3A%2A%20%26", []),
            ("q=nothing", []),
        ] as [(String, [Int64])])
    func `traps are sorted and searched`(query: String, wanted: [Int64]) async throws {
        try await Site.run { site in
            let found = try await site.json("/api/v1/traps?\(query)")
            #expect(found.array?.compactMap { $0["id"]?.integer } == wanted)
            guard query.hasPrefix("sort") else { return }
            var paged: [Int64] = []
            var next: String? = "/api/v1/traps?\(query)&limit=1"
            while let target = next {
                let answer = try await site.get(target)
                paged += try JSON(decoding: answer.body).array?.compactMap { $0["id"]?.integer } ?? []
                next = answer.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(paged == wanted)
        }
    }
}
