// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import TimeTravel

/// Lists of what the farm works with and what it says: channels, revisions, workers, annotations, alerts, investigations.
extension Endpoint {
    static let lists: [Endpoint] = [
        channels, revisions, workers, worker, annotations, alerts, alert, investigations, matrix, changesBetween,
        horizons,
        impact, history,
    ]

    private static let channels = json(
        "/api/v1/channels", "listChannels", "The git repositories of package definitions, by name.",
        schema: Schema.array(of: .channel)
    ) { call in try .json(try await call.database.channels()) }

    private static let revisions = json(
        "/api/v1/revisions", "listRevisions", "Commits of channels, the last recorded first.",
        parameters: [
            Parameters.channel.facts, Parameters.commit.facts, Parameters.before.facts, Parameters.limit.facts,
        ], schema: Schema.array(of: .revision)
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.revisions(
            channel: try call.value(Parameters.channel), commit: try call.value(Parameters.commit),
            before: try call.value(Parameters.before), limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "before") { $0.id }
    }

    private static let workers = json(
        "/api/v1/workers", "listWorkers", "Host processes that boot guests, those that are there first.",
        schema: Schema.array(of: .worker)
    ) { call in try .json(try await call.database.workers()) }

    private static let worker = json(
        "/api/v1/workers/{worker}", "getWorker", "One worker.", parameters: [Parameters.worker.facts],
        schema: Schema.worker.reference
    ) { call in
        let id = try call.required(Parameters.worker)
        guard let worker = try await call.database.workers(id: id).first else {
            throw Problem.notFound("There is no worker \(id). /api/v1/workers lists them.")
        }
        return try .json(worker)
    }

    private static let annotations = json(
        "/api/v1/annotations", "listAnnotations",
        "Conditions under which packages are to be built, measured or set by a person, newest first.",
        parameters: [
            Parameters.package.facts, Parameters.ofTrap.facts, Parameters.origin.facts, Parameters.before.facts,
            Parameters.limit.facts,
        ], schema: Schema.array(of: .annotationRecord)
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.annotations(
            package: try call.value(Parameters.package), trap: try call.value(Parameters.ofTrap),
            origin: try call.value(Parameters.origin), before: try call.value(Parameters.before), limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "before") { $0.id }
    }

    private static let alerts = json(
        "/api/v1/alerts", "listAlerts", "Messages about changes, newest first, with what became of them.",
        parameters: [Parameters.alertState.facts, Parameters.before.facts, Parameters.limit.facts],
        schema: Schema.array(of: .alert)
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.alertRecords(
            state: try call.value(Parameters.alertState), before: try call.value(Parameters.before).map { Int64($0) },
            limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "before") { Int($0.id) }
    }

    private static let alert = json(
        "/api/v1/alerts/{alert}", "getAlert", "One alert.", parameters: [Parameters.alert.facts],
        schema: Schema.alert.reference
    ) { call in
        let id = Int64(try call.required(Parameters.alert))
        guard let alert = try await call.database.alertRecords(id: id).first else {
            throw Problem.notFound("There is no alert \(id). /api/v1/alerts lists them.")
        }
        return try .json(alert)
    }

    private static let investigations = json(
        "/api/v1/investigations", "listInvestigations", "Investigations, newest first.",
        parameters: [Parameters.investigationState.facts, Parameters.before.facts, Parameters.limit.facts],
        schema: Schema.array(of: .investigationRecord)
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.investigations(
            state: try call.value(Parameters.investigationState), before: try call.value(Parameters.before),
            limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "before") { $0.id }
    }

    private static let matrix = json(
        "/api/v1/jobsets/{name}/matrix", "getMatrix",
        "What became of each job in a jobset's newest revisions: a row a job, a column an evaluation.",
        parameters: [
            Parameters.name.facts, Parameters.columns.facts, Parameters.afterJob.facts, Parameters.troubled.facts,
            Parameters.limit.facts,
        ], schema: Schema.matrix.reference
    ) { call in
        let (matrix, next) = try await Endpoint.matrix(call)
        var reply = try Reply.json(matrix)
        if let next { reply.headers.append(Problem.Header(name: "Link", value: "<\(next)>; rel=\"next\"")) }
        return reply
    }

    /// - Returns: a page of the matrix, and where the next is.
    static func matrix(_ call: Call) async throws -> (RevisionMatrix, next: WebPath?) {
        let jobset = try await call.jobset(named: try call.required(Parameters.name))
        let limit = try call.limit()
        var matrix = try await call.database.matrix(
            jobset: jobset.name, columns: try call.value(Parameters.columns) ?? 12,
            after: try call.value(Parameters.afterJob), troubled: try call.value(Parameters.troubled) == "yes",
            limit: limit + 1)
        guard matrix.rows.count > limit else { return (matrix, nil) }
        matrix.rows.removeLast()
        return (matrix, matrix.rows.last.map { call.here("after", $0.job) })
    }

    private static let changesBetween = json(
        "/api/v1/evaluations/{evaluation}/changes", "listChanges",
        "Jobs whose derivations differ from those of another evaluation, by name.",
        parameters: [
            Parameters.evaluation.facts, Parameters.since.facts, Parameters.afterJob.facts, Parameters.limit.facts,
        ], schema: Schema.array(of: .jobChange)
    ) { call in
        let (_, _, changes, next) = try await Endpoint.changes(call)
        return try .page(changes, next: next)
    }

    /// - Returns: the evaluation, the one it is compared with, a page of what differs, and where the next is.
    static func changes(
        _ call: Call
    ) async throws -> (new: EvaluationRecord, old: EvaluationRecord, changes: [CellChange], next: WebPath?) {
        let new = try await evaluationRecord(call)
        let asked = try call.value(Parameters.since)
        let before = asked == nil ? try await call.database.evaluation(before: new.id) : asked
        guard let before, let old = try await call.database.evaluations(id: before).first
        else {
            throw Problem.notFound(
                asked.map { "There is no evaluation \($0)." } ?? "No evaluation of the jobset's revisions came before.")
        }
        let limit = try call.limit()
        let found = try await call.database.changes(
            from: old.id, to: new.id, after: try call.value(Parameters.afterJob), limit: limit + 1)
        let shown = Array(found.prefix(limit))
        return (new, old, shown, found.count > limit ? shown.last.map { call.here("after", $0.job) } : nil)
    }

    private static let horizons = json(
        "/api/v1/jobsets/{name}/horizon", "getHorizon",
        "From when to when the revisions of a jobset build as a whole, or one package with what it needs.",
        parameters: [Parameters.name.facts, Parameters.commit.facts, Parameters.package.facts],
        schema: Schema.list(["type": "object"])
    ) { call in
        let jobset = try await call.jobset(named: try call.required(Parameters.name))
        return try .json(
            try await call.database.horizons(
                jobset: jobset.name, commit: try call.value(Parameters.commit),
                package: try call.value(Parameters.package)))
    }

    private static let history = json(
        "/api/v1/traps/{trap}/history", "getTrapHistory",
        "What changed in a catalog entry and when, oldest first: only what differed, before and after.",
        parameters: [Parameters.trap.facts],
        schema: Schema.list(
            Schema.object(
                ["made": Schema.instant, "after": ["type": "object"]], optional: ["before": ["type": "object"]],
                "A change."))
    ) { call in
        let entry = try await trapEntry(try call.required(Parameters.trap), call)
        return try .json(
            JSON.array(
                try await call.database.changes(ofTrap: entry.record.id).map { change in
                    var object: [String: JSON] = [
                        "made": .string("\(change.made)"), "after": try JSON(decoding: change.after.bytes),
                    ]
                    if let before = change.before { object["before"] = try JSON(decoding: before.bytes) }
                    return .object(object)
                }))
    }

    private static let impact = json(
        "/api/v1/traps/{trap}/impact", "getImpact", "How many derivations of each revision need a trap's package.",
        parameters: [Parameters.trap.facts], schema: Schema.list(["type": "object"])
    ) { call in
        let entry = try await trapEntry(try call.required(Parameters.trap), call)
        return try .json(try await call.database.impact(ofTrap: entry.record.id))
    }
}
