// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Jobsets
import Postgres
import Testing
import TimeTravel

/// When alerts come about, and when not.
@Suite struct AlertTests {
    private static let hook = "{webhook: \"http://127.0.0.1:9/hook\", secret: {environment: S}"
    private static let both = "alerts: [\(hook)}, {email: me@example.org, kinds: [trap-fixed]}]"
    private static let days = "alerts: [\(hook), days: [30, 7]}]"

    private func kinds(_ farm: FarmFixture) async throws -> [String] {
        try await farm.database.alertRecords().map(\.kind).sorted()
    }

    private func content(_ alert: Alert) throws -> AlertContent {
        try JSONDecoder().decode(AlertContent.self, from: Data(alert.payload.bytes))
    }

    /// A trap of the package `library` whose window ends at `edge`.
    private func trap(_ farm: FarmFixture, edge: Instant, created: Instant) async throws {
        let window = """
            [{"notBefore": null, "notAfter": {"lastGood": "\(edge - 1)", "firstBad": "\(edge)"}}]
            """
        try await farm.database.pool.execute(
            script: """
                insert into investigation (derivation_id) select id from derivation where name = 'library';
                insert into trap (derivation_id, investigation_id, package, version, verdict, axis, cause, windows, evidence,
                                  probability, runs, first_bad, created)
                select d.id, i.id, 'library', '1', 'time-trap', 'date', 'certificate-expired', '\(window)', '[]', 0.99, '{}',
                       '\(edge)', '\(created)'
                from derivation d join investigation i on i.derivation_id = d.id;
                """)
    }

    @Test func `an edge is told of once when it comes within each number of days`() async throws {
        try await FarmFixture.run(alerts: Self.days) { farm in
            try await farm.evaluate(["source", "library"])
            let edge = CivilDate(firstOf: 2027).start
            try await trap(farm, edge: edge, created: edge - 300 * 86_400)
            try await farm.database.queueComingEdges(now: edge - 31 * 86_400)
            #expect(try await kinds(farm) == [])
            for day in [30, 29, 10, 8] { try await farm.database.queueComingEdges(now: edge - Int64(day) * 86_400) }
            #expect(try await kinds(farm) == ["edge-coming"])
            for day in [7, 3, 1] { try await farm.database.queueComingEdges(now: edge - Int64(day) * 86_400) }
            #expect(try await kinds(farm) == ["edge-coming", "edge-coming"])
            try await farm.database.queueComingEdges(now: edge + 1)
            #expect(try await kinds(farm).count == 2)
            let payload = try await farm.database.dueAlerts().map { String(decoding: $0.payload.bytes, as: UTF8.self) }
            #expect(payload.contains { $0.contains("\"days\": 30") } && payload.contains { $0.contains("\"days\": 7") })
        }
    }

    @Test func `an edge that was near when its trap was found is not told of again`() async throws {
        try await FarmFixture.run(alerts: Self.days) { farm in
            try await farm.evaluate(["source", "library"])
            let edge = CivilDate(firstOf: 2027).start
            try await trap(farm, edge: edge, created: edge - 20 * 86_400)
            try await farm.database.queueComingEdges(now: edge - 19 * 86_400)
            #expect(try await kinds(farm) == [])
            try await farm.database.queueComingEdges(now: edge - 6 * 86_400)
            #expect(try await kinds(farm) == ["edge-coming"])
        }
    }

    @Test func `a trap is fixed when the newest revision's package is sound, and open again when it comes back`()
        async throws
    {
        try await FarmFixture.run(alerts: Self.both) { farm in
            try await farm.evaluate(["source", "library"])
            try await trap(farm, edge: CivilDate(firstOf: 2027).start, created: FarmFixture.start)
            #expect(try await farm.database.settleFixedTraps() == 0)
            // The same job, another derivation, in a later revision.
            try await farm.evaluate(["source", "other", "library"], commit: 2, cause: "schedule")
            _ = try await farm.database.pool.query("delete from job where name = 'other'")
            _ = try await farm.database.pool.query(
                "update revision set date = date + interval '1 day' where commit like '2%'")
            #expect(try await farm.database.settleFixedTraps() == 0)
            _ = try await farm.database.pool.query(
                """
                update derivation set verdict = 'sound'
                where name = 'library' and id not in (select derivation_id from trap)
                """)
            #expect(try await farm.database.settleFixedTraps() == 1)
            #expect(try await farm.database.settleFixedTraps() == 0)
            #expect(try await kinds(farm) == ["trap-fixed", "trap-fixed"])
            #expect(try await farm.database.traps().map(\.status) == [.fixed])
            try await farm.evaluate(["source", "library"], commit: 3, cause: "schedule")
            _ = try await farm.database.pool.query(
                "update revision set date = date + interval '2 days' where commit like '3%'")
            _ = try await farm.database.settleFixedTraps()
            #expect(try await farm.database.traps().map(\.status) == [.open])
        }
    }

    @Test func `only a jobset that evaluated before is told of when it fails`() async throws {
        try await FarmFixture.run(alerts: Self.both) { farm in
            func fail(_ commit: Int, cause: String) async throws {
                let revision = try await farm.database.store(
                    revisions: [(String(repeating: "\(commit)", count: 40), FarmFixture.start, "")],
                    channel: farm.jobset.channel)
                _ = try await farm.database.queueEvaluations(jobset: farm.jobset, revisions: revision, cause: cause)
                let evaluation = try #require(try await farm.database.startEvaluation())
                try await farm.database.failEvaluation(evaluation.id, error: "undefined variable", log: "")
            }
            try await fail(1, cause: "loaded")
            try await fail(2, cause: "schedule")
            #expect(try await kinds(farm) == [])
            try await farm.evaluate(["source", "library"], commit: 3, cause: "schedule")
            try await fail(4, cause: "schedule")
            try await fail(5, cause: "schedule")
            #expect(try await kinds(farm) == ["evaluation-failed"])
        }
    }

    @Test func `builds without a worker are trouble, told once a day`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.fetchSource()
            #expect(try await farm.database.lacksWorkers() == false)
            _ = try await farm.database.pool.query("update build set created = created - interval '1 hour'")
            #expect(try await farm.database.lacksWorkers() == false)
            _ = try await farm.database.pool.query("update worker set heartbeat = heartbeat - interval '1 hour'")
            #expect(try await farm.database.lacksWorkers())
            let target = AlertTarget.email(address: "me@example.org")
            for day in [1, 1, 2] {
                try await farm.database.queueTrouble(
                    .noWorker, day: CivilDate(daysSinceEpoch: 20_000 + day), to: target)
            }
            #expect(try await kinds(farm).count == 2)
        }
    }

    @Test(arguments: [
        ("python-*", "python-foo", true), ("python-*", "perl", false), ("*", "x", true), ("a*b*c", "aXXbYYc", true),
        ("a*b*c", "ac", false), ("foo", "foo", true), ("foo", "foobar", false), ("*lib", "glib", true),
    ])
    func `targets choose packages by name`(pattern: String, name: String, wanted: Bool) {
        let target = AlertTarget(.email(address: "a@b"), packages: [pattern])
        #expect(target.wants(.newTrap, package: name) == wanted)
        #expect(target.wants(.evaluationFailed, package: nil))
        #expect(!AlertTarget(.email(address: "a@b"), kinds: [.newTrap]).wants(.trapFixed, package: name))
    }

    @Test func `targets choose packages by who looks after them`() async throws {
        let target = AlertTarget(.email(address: "a@b"), maintainers: ["*@example.org", "@python"])
        #expect(target.wants(.newTrap, package: "x", maintainers: ["bob", "ada@example.org"]))
        #expect(target.wants(.newTrap, package: "x", maintainers: ["@python"]))
        #expect(!target.wants(.newTrap, package: "x", maintainers: ["@pythonic"]))
        #expect(!target.wants(.newTrap, package: "x"))
        #expect(target.wants(.evaluationFailed, package: nil))

        let alerts =
            "alerts: [\(Self.hook), maintainers: [ada@example.org]}, {email: me@example.org, maintainers: [bob]}]"
        try await FarmFixture.run(alerts: alerts) { farm in
            try await farm.evaluate(["source", "library"])
            _ = try await farm.database.pool.query(
                "update job set meta = '{\"maintainers\": \"@team, ada@example.org\"}' where package = 'library'")
            let edge = CivilDate(firstOf: 2027).start
            try await trap(farm, edge: edge, created: edge - 300 * 86_400)
            try await farm.database.queueComingEdges(now: edge - 20 * 86_400)
            #expect(try await kinds(farm) == ["edge-coming"])
            let alert = try #require(try await farm.database.dueAlerts().first)
            let content = try self.content(alert)
            #expect(content.maintainers == ["@team", "ada@example.org"])
            #expect(AlertText(content, pages: nil).body.contains("Maintainers @team, ada@example.org"))
        }
    }

    @Test func `a horizon that becomes shorter is told of, but for what an evaluation has from the start`() async throws
    {
        try await FarmFixture.run(alerts: Self.both) { farm in
            func watch() async throws {
                _ = try await farm.database.pool.query("update evaluation_count set settled = true")
                try await farm.database.watchHorizons()
            }
            try await farm.evaluate(["source", "library", "program"])
            try await farm.database.countEvaluations()
            try await farm.database.watchHorizons()
            #expect(try await farm.database.pool.query("select * from horizon").isEmpty, "there is more to build")
            let edge = CivilDate(firstOf: 2030).start
            try await trap(farm, edge: edge, created: FarmFixture.start)
            try await watch()
            #expect(try await farm.database.pool.query("select * from horizon").isEmpty, "an investigation is open")
            _ = try await farm.database.pool.query(
                "update investigation set state = 'concluded', finding = '{}', concluded = now()")
            try await watch()
            #expect(try await farm.database.pool.query("select * from horizon").count == 1)
            #expect(try await kinds(farm) == [])

            func move(_ edge: Instant) async throws {
                _ = try await farm.database.pool.query(
                    "update trap set windows = jsonb_set(windows, '{0,notAfter}', $1)",
                    [PostgresJSON(Array(try JSONEncoder().encode(["lastGood": "\(edge - 1)", "firstBad": "\(edge)"])))])
                try await watch()
            }
            // Later, and earlier by less than a day: no news.
            try await move(edge + 400 * 86_400)
            try await move(edge + 400 * 86_400 - 3_600)
            #expect(try await kinds(farm) == [])
            try await move(edge)
            try await watch()
            #expect(try await kinds(farm) == ["horizon-shortened"])
            let alert = try #require(try await farm.database.dueAlerts().first)
            let text = AlertText(try content(alert), pages: nil)
            #expect(text.subject == "sample at 111111111111 builds as a whole until 2029-12-31 only")
            #expect(text.body.contains("Before      until 2031-02-04"))
            #expect(text.body.contains("Package     library 1"))
            // A person objects: it counts no longer, and counts again.
            _ = try await farm.database.pool.query("update trap set status = 'disputed'")
            try await watch()
            #expect(try await kinds(farm).count == 1)
        }
    }

    @Test(
        arguments: [
            (nil, nil, false, nil, 10, false, false), (nil, 10, false, nil, nil, false, true),
            (nil, 10, false, nil, 20, false, true), (nil, 20, false, nil, 10, false, false),
            (5, nil, false, nil, nil, false, true), (5, nil, false, 6, nil, false, false),
            (nil, nil, true, nil, 10, false, true), (nil, nil, true, nil, nil, true, false),
            (nil, 10, false, nil, nil, true, false),
        ] as [(Int64?, Int64?, Bool, Int64?, Int64?, Bool, Bool)])
    func `a horizon is shorter where a day is lost`(
        start: Int64?, end: Int64?, isEmpty: Bool, oldStart: Int64?, oldEnd: Int64?, wasEmpty: Bool, isShorter: Bool
    ) {
        func limits(_ start: Int64?, _ end: Int64?, _ isEmpty: Bool) -> HorizonLimits {
            HorizonLimits(
                notBefore: start.map { Instant(seconds: $0 * 86_400) },
                notAfter: end.map { Instant(seconds: $0 * 86_400) },
                isEmpty: isEmpty)
        }
        #expect(limits(start, end, isEmpty).isShorter(than: limits(oldStart, oldEnd, wasEmpty)) == isShorter)
    }

    @Test func `evaluations are counted for lists`() async throws {
        try await FarmFixture.run { farm in
            try await farm.evaluate(["source", "library"])
            try await farm.database.countEvaluations()
            #expect(try await farm.database.evaluations().map(\.builds) == [["blocked": 1]])
            try await farm.fetchSource()
            #expect(try await farm.database.evaluations().map(\.builds) == [["blocked": 1]])
            try await farm.database.countEvaluations()
            #expect(try await farm.database.evaluations().map(\.builds) == [["ready": 1]])
        }
    }
}
