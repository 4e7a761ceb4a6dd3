// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres

/// What the farm builds: builds, runs and investigations.
extension Endpoint {
    static let builds: [Endpoint] = [buildList, build, why, run, runLog, runEvents, investigation]

    private static let buildList = json(
        "/api/v1/builds", "listBuilds", "Builds, newest first: each a derivation under conditions.",
        parameters: [
            Parameters.derivation.facts, Parameters.buildState.facts, Parameters.before.facts, Parameters.limit.facts,
        ], schema: Schema.array(of: .build)
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.builds(
            of: try call.value(Parameters.derivation).map { DerivationName($0) },
            state: try call.value(Parameters.buildState), before: try call.value(Parameters.before), limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "before") { $0.id }
    }

    private static let build = json(
        "/api/v1/builds/{build}", "getBuild", "One build.", parameters: [Parameters.build.facts],
        schema: Schema.build.reference
    ) { call in try .json(try await buildRecord(call)) }

    static func buildRecord(_ call: Call) async throws -> BuildRecord {
        let id = try call.required(Parameters.build)
        guard let record = try await call.database.builds(id: id).first else {
            throw Problem.notFound("There is no build \(id). /api/v1/builds lists them.")
        }
        return record
    }

    private static let run = json(
        "/api/v1/runs/{run}", "getRun", "One run with the evidence measured in and around its guest.",
        parameters: [Parameters.run.facts], schema: Schema.run.reference
    ) { call in try .json(try await runDetail(call)) }

    static func runDetail(_ call: Call) async throws -> RunDetail {
        let id = Int64(try call.required(Parameters.run))
        guard let record = try await call.database.run(id), let traces = try await call.database.traces(ofRun: id)
        else { throw noRun(id) }
        return RunDetail(
            record: record, evidence: try traces.evidence.map { try JSON(decoding: $0.bytes) }, facts: traces.facts)
    }

    static func noRun(_ id: Int64) -> Problem {
        .notFound("There is no run \(id). A build's 'runs' lists those it has: /api/v1/builds.")
    }

    private static let runLog = Endpoint(
        audience: .programs, path: "/api/v1/runs/{run}/log", name: "getRunLog",
        summary: """
            A run's log as the build wrote it, control characters included; while it runs, as far as it goes. \
            A stored log is sent as it is kept, gzip, where the client accepts that; then ranges of it can be asked for.
            """,
        parameters: [Parameters.run.facts],
        contents: [Content(mediaType: "text/plain", schema: ["type": "string"])],
        otherStatuses: [
            206: "The asked range of the stored form.", 416: "The range lies beyond the stored form's end.",
        ]
    ) { call in try await log(ofRun: Int64(try call.required(Parameters.run)), call) }

    static func log(ofRun id: Int64, _ call: Call) async throws -> Reply {
        guard let record = try await call.database.run(id) else { throw noRun(id) }
        let log = RunLog(
            path: call.services.logs(id), isComplete: record.outcome != nil, files: call.services.logFiles)
        return try await log.reply(
            acceptEncoding: call.header("Accept-Encoding"), range: call.header("Range"),
            ifRange: call.header("If-Range"),
            run: id)
    }

    private static let runEvents = Endpoint(
        audience: .programs, path: "/api/v1/runs/{run}/events", name: "followRunLog",
        summary: """
            A run's log while it is written, as server-sent events: pieces of text, each with the bytes so far as its \
            id, and 'end' with the outcome. Last-Event-ID, or 'from', says how far a client has it.
            """,
        parameters: [Parameters.run.facts, Parameters.from.facts],
        contents: [Content(mediaType: "text/event-stream", schema: LiveLog.eventSchema)], otherStatuses: [:]
    ) { call in
        let id = Int64(try call.required(Parameters.run))
        guard try await call.database.run(id) != nil else { throw noRun(id) }
        let known = call.header("Last-Event-ID").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        let from = try call.value(Parameters.from) ?? 0
        return try LiveLog(run: id, services: call.services).reply(from: known ?? from)
    }

    private static let investigation = json(
        "/api/v1/investigations/{investigation}", "getInvestigation",
        "An investigation with every step it took and its finding.", parameters: [Parameters.investigation.facts],
        schema: Schema.investigation.reference
    ) { call in
        let id = try call.required(Parameters.investigation)
        guard let found = try await call.database.investigation(id) else {
            throw Problem.notFound("There is no investigation \(id). A trap's and a build's pages link to theirs.")
        }
        return try .json(try InvestigationDetail(found))
    }
}
