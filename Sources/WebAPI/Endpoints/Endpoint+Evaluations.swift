// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// What the farm evaluates: jobsets, evaluations and their jobs.
extension Endpoint {
    static let evaluations: [Endpoint] = [
        jobsetList, jobset, evaluationList, evaluation, evaluationJobs, evaluationLog,
    ]

    private static let jobsetList = json(
        "/api/v1/jobsets", "listJobsets", "The loaded jobsets, by name.", schema: Schema.array(of: .jobset)
    ) { call in try .json(try await call.database.jobsetRecords()) }

    private static let jobset = json(
        "/api/v1/jobsets/{name}", "getJobset", "One jobset.", parameters: [Parameters.name.facts],
        schema: Schema.jobset.reference
    ) { call in try .json(try await call.jobset(named: try call.required(Parameters.name))) }

    private static let evaluationList = json(
        "/api/v1/evaluations", "listEvaluations", "Evaluations, newest first.",
        parameters: [Parameters.jobset.facts, Parameters.before.facts, Parameters.limit.facts],
        schema: Schema.array(of: .evaluation)
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.evaluations(
            jobset: try await call.knownJobset(), before: try call.value(Parameters.before), limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "before") { $0.id }
    }

    private static let evaluation = json(
        "/api/v1/evaluations/{evaluation}", "getEvaluation", "One evaluation: a jobset at a revision.",
        parameters: [Parameters.evaluation.facts], schema: Schema.evaluation.reference
    ) { call in try .json(try await evaluationRecord(call)) }

    static func evaluationRecord(_ call: Call) async throws -> EvaluationRecord {
        let id = try call.required(Parameters.evaluation)
        guard let record = try await call.database.evaluations(id: id).first else {
            throw Problem.notFound("There is no evaluation \(id). /api/v1/evaluations lists them.")
        }
        return record
    }

    private static let evaluationJobs = json(
        "/api/v1/evaluations/{evaluation}/jobs", "listEvaluationJobs",
        "An evaluation's jobs by number, each with what became of its derivation.",
        parameters: [Parameters.evaluation.facts, Parameters.after.facts, Parameters.limit.facts],
        schema: Schema.array(of: .job)
    ) { call in
        let (evaluation, limit) = (try await evaluationRecord(call), try call.limit())
        let found = try await call.database.jobs(
            ofEvaluation: evaluation.id, after: try call.value(Parameters.after), limit: limit + 1)
        return try call.page(found, limit: limit, cursor: "after") { $0.id }
    }

    private static let evaluationLog = Endpoint(
        audience: .programs, path: "/api/v1/evaluations/{evaluation}/log", name: "getEvaluationLog",
        summary: "What the evaluator printed, empty where it printed nothing or has not ended.",
        parameters: [Parameters.evaluation.facts],
        contents: [Content(mediaType: "text/plain", schema: ["type": "string"])], otherStatuses: [:]
    ) { call in
        let id = try call.required(Parameters.evaluation)
        guard let log = try await call.database.evaluationLog(id) else {
            throw Problem.notFound("There is no evaluation \(id). /api/v1/evaluations lists them.")
        }
        return .text(log, mediaType: "text/plain")
    }
}
