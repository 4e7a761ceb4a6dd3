// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// What changes something: every one needs a token, but for notices that are signed.
extension Endpoint {
    /// How an endpoint changes something.
    struct Change: Sendable {
        let method: String
        /// Nil where the endpoint itself checks who asks.
        let scope: TokenScope?
        /// Of the request's body; nil where it takes none.
        var body: JSON?
        /// Of that, in bytes.
        var largestBody = GuardedAnswers.largestBody
    }

    static let changes: [Endpoint] =
        [
            trigger, enable, disable, annotateTrap, withdrawAnnotation, retryAlert, evaluateHook, pushHook, hydraPush,
        ] + buildChanges

    static func change(
        _ path: String, _ name: String, _ summary: String, by method: String = "POST", scope: TokenScope,
        parameters: [ParameterFacts], body: JSON? = nil, schema: JSON,
        audience: Audience = .programs, respond: @escaping @Sendable (Call) async throws -> Reply
    ) -> Endpoint {
        Endpoint(
            audience: audience, path: path, name: name, summary: summary, parameters: parameters,
            contents: [Content(mediaType: "application/json", schema: schema)], otherStatuses: [:],
            change: Change(method: method, scope: scope, body: body), respond: respond)
    }

    private static let trigger = change(
        "/api/v1/jobsets/{name}/trigger", "triggerJobset",
        "Evaluate a jobset now, also revisions that were evaluated before.", scope: .trigger,
        parameters: [Parameters.name.facts], schema: Schema.jobset.reference
    ) { call in
        let jobset = try await call.jobset(named: try call.required(Parameters.name))
        guard jobset.enabled else {
            throw Problem.conflict("The jobset '\(jobset.name)' is not enabled: enable it first.")
        }
        try await call.database.trigger(jobset: jobset.id, cause: "manual")
        return try .json(jobset)
    }

    private static func setEnabled(_ enabled: Bool) -> @Sendable (Call) async throws -> Reply {
        { call in
            let jobset = try await call.jobset(named: try call.required(Parameters.name))
            try await call.database.setEnabled(enabled, jobset: jobset.id)
            return try .json(try await call.jobset(named: jobset.name))
        }
    }

    private static let enable = change(
        "/api/v1/jobsets/{name}/enable", "enableJobset", "Let a jobset's schedule and triggers work again.",
        scope: .admin, parameters: [Parameters.name.facts], schema: Schema.jobset.reference, respond: setEnabled(true))

    private static let disable = change(
        "/api/v1/jobsets/{name}/disable", "disableJobset", "Stop evaluating a jobset for now.", scope: .admin,
        parameters: [Parameters.name.facts], schema: Schema.jobset.reference, respond: setEnabled(false))

    private static let annotateTrap = change(
        "/api/v1/traps/{trap}/annotation", "annotateTrap",
        "Say under which conditions a trapped package builds. An open trap is 'annotated' from then on.",
        scope: .annotate, parameters: [Parameters.trap.facts], body: PersonalAnnotation.schema,
        schema: Schema.annotationRecord.reference
    ) { call in
        let trap = try call.required(Parameters.trap)
        let said = try PersonalAnnotation(call.body)
        let author = call.token?.name ?? ""
        guard
            let id = try await call.database.annotate(
                trap: trap, said.conditions, note: said.note, author: author),
            let record = try await call.database.annotations(trap: trap, limit: 1_000).first(where: { $0.id == id })
        else { throw Problem.notFound("There is no trap \(trap) in the catalog. /api/v1/traps lists them.") }
        return try .json(record)
    }

    private static let withdrawAnnotation = change(
        "/api/v1/annotations/{annotation}", "withdrawAnnotation",
        "Take back what a person said; what was measured stays.", by: "DELETE", scope: .annotate,
        parameters: [Parameters.annotation.facts], schema: Schema.done.reference
    ) { call in
        let id = try call.required(Parameters.annotation)
        guard try await call.database.withdrawAnnotation(id) else {
            throw Problem.notFound("There is no annotation \(id) by a person. /api/v1/annotations lists them.")
        }
        return try .json(["done": true] as JSON)
    }

    private static let retryAlert = change(
        "/api/v1/alerts/{alert}/retry", "retryAlert", "Let a dead alert be tried again.", scope: .admin,
        parameters: [Parameters.alert.facts], schema: Schema.alert.reference
    ) { call in
        let id = Int64(try call.required(Parameters.alert))
        guard let alert = try await call.database.alertRecords(id: id).first else {
            throw Problem.notFound("There is no alert \(id). /api/v1/alerts lists them.")
        }
        guard try await call.database.retryAlerts(id: id) > 0 else {
            throw Problem.conflict("Alert \(id) is \(alert.state); only dead ones are tried again by hand.")
        }
        return try .json(try await call.database.alertRecords(id: id).first ?? alert)
    }

    private static let evaluateHook = change(
        "/jobset/{name}/hook/evaluate", "evaluateJobset", "Evaluate a jobset now, at the address that Cuirass has.",
        scope: .trigger, parameters: [Parameters.name.facts],
        schema: Schema.object(["jobset": Schema.text], "The jobset's name."), audience: .cuirassClients
    ) { call in
        let name = try call.required(Parameters.name)
        guard let jobset = try await call.database.jobsetRecords().first(where: { $0.name == name }) else {
            throw Problem(status: 404, title: "Error", detail: "Jobset with name \(name) doesn't exist.")
        }
        try await call.database.trigger(jobset: jobset.id, cause: "push")
        return try .json(["jobset": .string(name)] as JSON)
    }
}

/// What a person says of a trap, read from a request's body.
struct PersonalAnnotation: Equatable {
    let conditions: Annotation
    let note: String

    static let schema: JSON = {
        guard case .object(var members) = object else { return object }
        let wanted: [(String, JSON)] =
            ["date", "cpu", "kernel"].map { ($0, ["type": "string"]) }
            + [("cores", ["type": "integer"]), ("note", ["type": "string", "minLength": 1])]
        members["anyOf"] = .array(
            wanted.map { ["required": [.string($0)], "properties": .object([$0: $1])] })
        return .object(members)
    }()

    private static let object = Schema.object(
        [:],
        optional: [
            "date": Schema.orNull(Schema.instant), "cpu": Schema.orNull(Schema.words(CPUModel.self)),
            "kernel": Schema.orNull(["type": "string", "minLength": 1, "maxLength": 64]),
            "cores": Schema.orNull(["type": "integer", "minimum": 1, "maximum": 1_024]),
            "note": ["type": "string", "maxLength": 2_000],
        ], "Conditions, null or left out where any will do, and a note; at least one of them.")

    init(_ body: [UInt8]) throws(Problem) {
        guard let members = (try? JSON(decoding: body))?.object else { throw Self.problem("body", "a JSON object") }
        let known = ["date", "cpu", "kernel", "cores", "note"]
        if let odd = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw Self.problem(odd, "one of \(known.joined(separator: ", "))")
        }
        if members["note"] == .null { throw Self.problem("note", "text of at most 2000 characters") }
        func read<Value>(_ key: String, _ expected: String, _ convert: (JSON) -> Value?) throws(Problem) -> Value? {
            guard let member = members[key], member != .null else { return nil }
            guard let value = convert(member) else { throw Self.problem(key, expected) }
            return value
        }
        let date = try read("date", "a date and time such as 2019-05-01T00:00:00Z, or a day") { member in
            member.string.flatMap { Instant($0) ?? CivilDate($0)?.start }
        }
        let cpu = try read("cpu", "one of \(CPUModel.allCases.map(\.rawValue).joined(separator: ", "))") { member in
            member.string.flatMap { CPUModel(rawValue: $0) }
        }
        let kernel = try read("kernel", "a kernel's release of 1 to 64 characters") { member in
            member.string.flatMap { (1...64).contains($0.utf8.count) ? KernelRelease(rawValue: $0) : nil }
        }
        let cores = try read("cores", "a whole number from 1 to 1024") { member in
            member.integer.flatMap { (1...1_024).contains($0) ? Int($0) : nil }
        }
        note =
            try read("note", "text of at most 2000 characters") { member in
                member.string.flatMap { $0.unicodeScalars.count <= 2_000 ? $0 : nil }
            } ?? ""
        conditions = Annotation(date: date, cpu: cpu, kernel: kernel, cores: cores)
        if conditions == Annotation(), note.isEmpty {
            throw Self.problem("body", "at least one of \(known.joined(separator: ", "))")
        }
    }

    private static func problem(_ name: String, _ expected: String) -> Problem {
        Problem(
            status: 400, title: "Bad request body", detail: "'\(name.prefix(100))' has to be \(expected).",
            parameter: String(name.prefix(100)))
    }
}

extension Problem {
    static func conflict(_ detail: String) -> Problem { Problem(status: 409, title: "Conflict", detail: detail) }
}
