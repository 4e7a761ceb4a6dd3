// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// Addresses that Guix's own clients know from Cuirass: `(guix ci)`, `guix weather`, build-farm.el.
extension Endpoint {
    static let cuirass: [Endpoint] = [
        latestBuilds, queue, cuirassEvaluation, cuirassEvaluations, cuirassJobs, jobHistory, cuirassBuild,
    ]

    private static func compatible(
        _ path: String, _ name: String, _ summary: String, _ parameters: [ParameterFacts], schema: JSON,
        respond: @escaping @Sendable (Call) async throws -> Reply
    ) -> Endpoint {
        Endpoint(
            audience: .cuirassClients, path: path, name: name, summary: summary, parameters: parameters,
            contents: [Content(mediaType: "application/json", schema: schema)], otherStatuses: [:], respond: respond)
    }

    private static let nr = count(most: Parameters.limits.most)
    private static let shortNr = count(most: 100)

    /// How many entries to give; a greater number is read too, because Cuirass has an error of its own for it.
    private static func count(most: Int) -> Parameter<Int> {
        Parameter(
            "nr", expected: "a whole number from 1 to \(most)", about: "How many entries to give, at most \(most).",
            schema: ["type": "integer", "minimum": 1, "maximum": .integer(Int64(most))]
        ) { text in Int32(text).flatMap { $0 > 0 ? Int($0) : nil } }
    }

    private static let id = Parameter<Int>.number("id", about: "An evaluation's number.")
    private static let evaluationNumber = Parameter<Int>.number("evaluation", about: "Only jobs of this evaluation.")
    private static let spec = Parameter<String>.text("spec", about: "A jobset's name.")
    private static let jobsetName = Parameter<String>.text("jobset", about: "Only builds of this jobset.")
    private static let job = Parameter<String>.text("job", about: "Only builds of the job of this name.")
    private static let system = Parameter<String>.text("system", about: "Only builds for this system.")
    private static let names = Parameter<String>.text(
        "names", longest: 4_096, about: "Names of jobs, parted by commas.")
    private static let status = Parameter<String>.word(
        "status", of: ["0", "succeeded", "failed"],
        about: "0 or succeeded: only what succeeded; failed: only what did not.")
    private static let reference = Parameter<String>.text(
        "build", in: .path, about: "A build's number, or the base name of its derivation.")

    /// A parameter that has to be there, in Cuirass's words where it is not.
    private static func given<Value>(_ parameter: Parameter<Value>, _ call: Call) throws(Problem) -> Value {
        guard let value = try call.value(parameter) else { throw .cuirass(500, "Parameter not defined!") }
        return value
    }

    private static func limit(_ call: Call, most: Int = Parameters.limits.most) throws(Problem) -> Int {
        let number = try given(nr, call)
        guard number <= most else { throw .cuirass(500, "Maximum limit exceeded") }
        return number
    }

    private static let latestBuilds = compatible(
        "/api/latestbuilds", "listLatestBuilds", "Finished builds, newest evaluation first, as Cuirass gives them.",
        [nr.facts.demanded, evaluationNumber.facts, jobsetName.facts, job.facts, system.facts, status.facts],
        schema: Schema.array(of: .cuirassBuild)
    ) { call in
        var filter = JobBuildFilter()
        filter.limit = try limit(call)
        filter.evaluation = try call.value(evaluationNumber)
        filter.jobset = try call.value(jobsetName)
        filter.jobs = try call.value(job).map { [$0] }
        filter.system = try call.value(system)
        filter.isAvailable = try call.value(status).map { $0 != "failed" }
        filter.isFinished = true
        return try .json(try await call.database.jobBuilds(filter).map { CuirassBuild(build: $0).json })
    }

    private static let queue = compatible(
        "/api/queue", "listQueue", "Builds that have not ended, the next to be made first, as Cuirass gives them.",
        [nr.facts.demanded],
        schema: Schema.array(of: .cuirassBuild)
    ) { call in
        try .json(try await call.database.queuedJobBuilds(limit: try limit(call)).map { CuirassBuild(build: $0).json })
    }

    private static func evaluationObjects(_ records: [EvaluationRecord], _ call: Call) async throws -> [JSON] {
        let channels = try await call.database.channelNames(ofEvaluations: records.map(\.id))
        return records.map { CuirassEvaluation(evaluation: $0, channel: channels[$0.id] ?? "").json }
    }

    private static let cuirassEvaluation = compatible(
        "/api/evaluation", "getCuirassEvaluation", "One evaluation, as Cuirass gives it.", [id.facts.demanded],
        schema: Schema.cuirassEvaluation.reference
    ) { call in
        let id = try given(id, call)
        let found = try await evaluationObjects(try await call.database.evaluations(id: id), call)
        guard let evaluation = found.first else {
            throw Problem.cuirass(404, "Evaluation with ID \(id) doesn't exist.")
        }
        return try .json(evaluation)
    }

    private static let cuirassEvaluations = compatible(
        "/api/evaluations", "listCuirassEvaluations", "Evaluations, newest first, as Cuirass gives them.",
        [nr.facts.demanded, spec.facts], schema: Schema.array(of: .cuirassEvaluation)
    ) { call in
        let limit = try limit(call)
        let found = try await call.database.evaluations(jobset: try call.value(spec), limit: limit)
        return try .json(try await evaluationObjects(found, call))
    }

    private static func jobObjects(_ builds: [JobBuild]) -> JSON {
        .array(
            builds.map { build in
                [
                    "build": .integer(Int64(build.id)), "status": .integer(CuirassBuild(build: build).status),
                    "name": .string(build.job),
                ]
            })
    }

    private static func jobNames(_ call: Call) throws(Problem) -> [String]? {
        try call.value(names)?.split(separator: ",").map(String.init)
    }

    private static let cuirassJobs = compatible(
        "/api/jobs", "listCuirassJobs", "An evaluation's jobs with their builds' states, as Cuirass gives them.",
        [evaluationNumber.facts.demanded, names.facts, system.facts], schema: Schema.array(of: .cuirassJob)
    ) { call in
        var filter = JobBuildFilter()
        filter.evaluation = try given(evaluationNumber, call)
        filter.jobs = try jobNames(call)
        filter.system = try call.value(system)
        filter.limit = 100_000
        return try .json(jobObjects(try await call.database.jobBuilds(filter).sorted { $0.job < $1.job }))
    }

    private static let jobHistory = compatible(
        "/api/jobs/history", "listJobHistory",
        "What became of jobs in a jobset's newest evaluations, as Cuirass gives it.",
        [spec.facts.demanded, names.facts.demanded, shortNr.facts.demanded], schema: Schema.array(of: .cuirassHistory)
    ) { call in
        let (jobset, limit) = (try given(spec, call), try limit(call, most: 100))
        let wanted = try given(names, call).split(separator: ",").map(String.init)
        let evaluations = try await call.database.evaluations(jobset: jobset, limit: limit)
        let channels = try await call.database.channelNames(ofEvaluations: evaluations.map(\.id))
        var history: [JSON] = []
        for evaluation in evaluations {
            var filter = JobBuildFilter()
            filter.evaluation = evaluation.id
            filter.jobs = wanted
            let checkouts = CuirassEvaluation(evaluation: evaluation, channel: channels[evaluation.id] ?? "").checkouts
            let builds = try await call.database.jobBuilds(filter)
            history.append([
                "evaluation": .integer(Int64(evaluation.id)), "checkouts": checkouts, "jobs": jobObjects(builds),
            ])
        }
        return try .json(history)
    }

    private static let cuirassBuild = compatible(
        "/build/{build}", "getCuirassBuild", "One build, as Cuirass gives it.", [reference.facts],
        schema: Schema.cuirassBuild.reference
    ) { call in
        let reference = try call.required(reference)
        var filter = JobBuildFilter()
        filter.limit = 1
        if let id = Int32(reference) { filter.id = Int(id) } else { filter.derivation = DerivationName(reference) }
        guard let build = try await call.database.jobBuilds(filter).first else {
            throw Problem.cuirass(
                404,
                Int32(reference) == nil
                    ? "Build with derivation \(reference) doesn't exist." : "Build with ID \(reference) doesn't exist.")
        }
        return try .json(CuirassBuild(build: build).json)
    }
}

extension Problem {
    /// An error in the form of Cuirass.
    static func cuirass(_ status: Int, _ message: String) -> Problem {
        Problem(status: status, title: "Error", detail: message)
    }
}
