// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// Addresses that Hydra's clients know, and those of Cuirass that are neither builds nor evaluations. A project is a
/// channel; any name is taken for one.
extension Endpoint {
    static let hydra: [Endpoint] = [
        specifications, hydraJobsets, hydraJobset, hydraEvaluations, hydraEvaluation, queueLength, shield, rawLog,
        evaluationRedirect, jobsetRedirect, detailsRedirect,
    ]

    private static let project = Parameter<String>.text("name", in: .path, about: "A channel's name.")
    private static let jobset = Parameter<String>.text("jobset", in: .path, about: "A jobset's name.")
    private static let job = Parameter<String>.text("job", in: .path, about: "A job's name.")
    private static let asked = Parameter<String>.text("project", about: "A channel's name.")
    private static let object: JSON = ["type": "object"]

    private static func compatible(
        _ path: String, _ name: String, _ summary: String, _ parameters: [ParameterFacts], schema: JSON = object,
        respond: @escaping @Sendable (Call) async throws -> Reply
    ) -> Endpoint {
        Endpoint(
            audience: .cuirassClients, path: path, name: name, summary: summary, parameters: parameters,
            contents: [Content(mediaType: "application/json", schema: schema)], otherStatuses: [:], respond: respond)
    }

    private static func redirect(
        _ path: String, _ name: String, _ summary: String, _ parameters: [ParameterFacts],
        to target: @escaping @Sendable (Call) async throws -> WebPath
    ) -> Endpoint {
        Endpoint(
            audience: .people, path: path, name: name, summary: summary, parameters: parameters,
            contents: [], otherStatuses: [302: "Where it is."]
        ) { call in
            var reply = Reply.text("", mediaType: "text/plain")
            reply.status = 302
            reply.headers.append(Problem.Header(name: "Location", value: try await target(call).description))
            return reply
        }
    }

    private static let specifications = compatible(
        "/specifications", "listSpecifications", "The jobsets, as Cuirass gives them.", [], schema: Schema.list(object)
    ) { call in
        let channels = try await call.database.channels()
        return try .json(
            try await call.database.jobsetRecords().map { jobset -> JSON in
                let channel = channels.first { $0.url == jobset.channel && $0.engine == jobset.engine }?.name ?? ""
                return [
                    "name": .string(jobset.name), "build": "all", "period": 0,
                    "priority": .integer(Int64(jobset.priority)), "systems": ["x86_64-linux"], "notifications": [],
                    "build-outputs": [],
                    "channels": [
                        [
                            "name": .string(channel), "url": .string(jobset.channel), "commit": false,
                        ]
                    ],
                ]
            })
    }

    private static let hydraJobsets = compatible(
        "/api/jobsets", "listHydraJobsets", "Jobsets with counts of their newest evaluation, as Hydra gives them.",
        [asked.facts], schema: Schema.list(object)
    ) { call in
        let project = try call.value(asked) ?? "guix"
        var found: [JSON] = []
        for jobset in try await call.database.jobsetRecords() {
            let newest = try await call.database.evaluations(jobset: jobset.name, limit: 1).first
            let counts = newest?.builds ?? [:]
            let failed = (counts["failed"] ?? 0) + (counts["dependency-failed"] ?? 0) + (counts["cancelled"] ?? 0)
            let all = counts.values.reduce(0, +)
            found.append([
                "project": .string(project), "name": .string(jobset.name), "nrtotal": .integer(Int64(all)),
                "nrsucceeded": .integer(Int64(counts["succeeded"] ?? 0)), "nrfailed": .integer(Int64(failed)),
                "nrscheduled": .integer(Int64(all - failed - (counts["succeeded"] ?? 0))), "checkinterval": 0,
                "lastcheckedtime": .integer(newest?.created.seconds ?? 0), "triggertime": .null,
                "starttime": .integer(newest?.started?.seconds ?? 0), "fetcherrormsg": .null,
                "errortime": .integer(newest?.state == "failed" ? newest?.finished?.seconds ?? 0 : 0),
                "haserrormsg": .bool(newest?.state == "failed"),
            ])
        }
        return try .json(found)
    }

    private static let hydraJobset = compatible(
        "/jobset/{name}/{jobset}", "getHydraJobset", "A jobset, as Hydra gives it.",
        [project.facts, jobset.facts]
    ) { call in
        let jobset = try await call.jobset(named: try call.required(jobset))
        let project = try call.required(project)
        return try .json(
            [
                "project": .string(project), "name": .string(jobset.name), "description": .string(jobset.description),
                "enabled": .integer(jobset.enabled ? 1 : 0), "visible": true, "checkinterval": 0,
                "schedulingshares": 100,
                "enableemail": false, "keepnr": 0, "errormsg": "", "nixexprinput": .string(project), "nixexprpath": "",
                "inputs": [
                    .init(stringLiteral: project): [
                        "type": "git", "value": .string(jobset.channel), "emailresponsible": false,
                    ]
                ],
            ] as JSON)
    }

    private static func evaluation(_ record: EvaluationRecord, channel: String) -> JSON {
        [
            "id": .integer(Int64(record.id)), "timestamp": .integer(record.created.seconds),
            "checkouttime": .integer(record.started?.seconds ?? 0),
            "evaltime": .integer(record.finished?.seconds ?? 0), "hasnewbuilds": 1, "flake": .null,
            "nrbuilds": .integer(Int64(record.jobs)), "builds": [],
            "jobsetevalinputs": [
                .init(stringLiteral: channel): [
                    "uri": .string(channel), "type": "git", "revision": .string(record.commit), "value": .null,
                    "dependency": .null,
                ]
            ],
        ]
    }

    private static let hydraEvaluations = compatible(
        "/jobset/{name}/{jobset}/evals", "listHydraEvaluations", "A jobset's evaluations, as Hydra gives them.",
        [project.facts, jobset.facts, Parameters.before.facts]
    ) { call in
        let name = try call.required(jobset)
        _ = try await call.jobset(named: name)
        let found = try await call.database.evaluations(
            jobset: name, before: try call.value(Parameters.before), limit: 21)
        let channels = try await call.database.channelNames(ofEvaluations: found.map(\.id))
        let shown = found.prefix(20)
        var answer: [String: JSON] = [
            "first": "?", "evals": .array(shown.map { evaluation($0, channel: channels[$0.id] ?? "") }),
        ]
        if found.count > 20, let last = shown.last { answer["next"] = .string("?before=\(last.id)") }
        return try .json(JSON.object(answer))
    }

    private static let hydraEvaluation = compatible(
        "/jobset/{name}/{jobset}/latest-eval", "getHydraEvaluation", "A jobset's newest evaluation, as Hydra gives it.",
        [project.facts, jobset.facts]
    ) { call in
        let name = try call.required(jobset)
        _ = try await call.jobset(named: name)
        guard
            let newest = try await call.database.evaluations(jobset: name, limit: 20).first(where: {
                $0.state == "succeeded"
            })
        else { throw Problem(status: 404, title: "Error", detail: "Jobset \(name) has no evaluation.") }
        let channel = try await call.database.channelNames(ofEvaluations: [newest.id])[newest.id]
        return try .json(evaluation(newest, channel: channel ?? ""))
    }

    private static let queueLength = compatible(
        "/api/nrqueue", "getQueueLength", "How many builds have not ended, as Hydra gives it.", [],
        schema: ["type": "integer"]
    ) { call in
        let progress = try await call.database.progress()
        return try .json(JSON.integer(Int64(progress.buildsWaiting + progress.buildsRunning)))
    }

    private static let shield = compatible(
        "/job/{name}/{jobset}/{job}/shield", "getShield", "A job's newest build, as Hydra gives it to shields.io.",
        [project.facts, jobset.facts, job.facts], schema: Schema.badge.reference
    ) { call in
        var filter = JobBuildFilter()
        filter.jobset = try call.required(jobset)
        filter.jobs = [try call.required(job)]
        filter.isFinished = true
        filter.limit = 1
        guard let build = try await call.database.jobBuilds(filter).first else {
            throw Problem(status: 404, title: "Error", detail: "The job has no build that ended.")
        }
        let status = CuirassBuild(build: build).status
        let (color, message): (JSON, JSON) =
            switch status {
            case 0: ("green", "passing")
            case 4: ("yellow", "cancelled")
            default: ("red", "failing")
            }
        return try .json(["schemaVersion": 1, "label": "hydra build", "color": color, "message": message] as JSON)
    }

    private static let rawLog = redirect(
        "/build/{build}/log/raw", "getCuirassLog", "The log of a build's last run, at the address that Cuirass has.",
        [Parameters.build.facts]
    ) { call in
        guard let run = try await Endpoint.buildRecord(call).runs.last else {
            throw Problem.notFound("The build has not run yet.")
        }
        return WebPath("api", "v1", "runs", "\(run)", "log")
    }

    private static let evaluationRedirect = redirect(
        "/eval/{evaluation}", "showCuirassEvaluation",
        "An evaluation's page, at the address that Cuirass and Hydra have.",
        [Parameters.evaluation.facts]
    ) { call in WebPath("evaluations", try call.required(Parameters.evaluation)) }

    private static let jobsetRedirect = redirect(
        "/jobset/{name}", "showCuirassJobset", "A jobset's page, at the address that Cuirass has.",
        [Parameters.name.facts]
    ) { call in WebPath("jobsets", try call.required(Parameters.name)) }

    private static let detailsRedirect = redirect(
        "/build/{build}/details", "showCuirassBuild", "A build's page, at the address that Cuirass has.",
        [Parameters.build.facts]
    ) { call in WebPath("builds", try call.required(Parameters.build)) }
}
