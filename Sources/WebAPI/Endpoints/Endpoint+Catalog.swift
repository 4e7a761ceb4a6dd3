// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The catalog as data: traps and verdicts.
extension Endpoint {
    static let catalog: [Endpoint] = [traps, trap, verdicts]

    static let filterParameters: [ParameterFacts] = [
        Parameters.package.facts, Parameters.axis.facts, Parameters.cause.facts, Parameters.verdict.facts,
        Parameters.status.facts, Parameters.at.facts, Parameters.words.facts,
    ]

    /// The filter that a request's parameters ask for.
    static func trapFilter(_ call: Call) throws(Problem) -> TrapFilter {
        var filter = TrapFilter()
        filter.package = try call.value(Parameters.package)
        filter.axis = try call.value(Parameters.axis)
        filter.cause = try call.value(Parameters.cause)
        filter.verdict = try call.value(Parameters.verdict)
        filter.status = try call.value(Parameters.status)
        filter.at = try call.value(Parameters.at)
        filter.words = try call.value(Parameters.words)
        return filter
    }

    private static let traps = json(
        "/api/v1/traps", "listTraps",
        "The catalog's traps by number, the same objects as 'almanac catalog --format json'.",
        parameters: filterParameters + [Parameters.order.facts, Parameters.after.facts, Parameters.limit.facts],
        schema: Schema.array(of: .trap)
    ) { call in
        var filter = try trapFilter(call)
        filter.order = try call.value(Parameters.order) ?? .number
        let limit = try call.limit()
        filter.after = try call.value(Parameters.after)
        filter.limit = limit + 1
        let found = try await call.database.trapEntries(filter).map(\.record)
        return try call.page(found, limit: limit, cursor: "after") { $0.id }
    }

    private static let trap = json(
        "/api/v1/traps/{trap}", "getTrap", "One trap of the catalog.", parameters: [Parameters.trap.facts],
        schema: Schema.trap.reference
    ) { call in
        let id = try call.required(Parameters.trap)
        return try .json(try await trapEntry(id, call).record)
    }

    static func trapEntry(_ id: Int, _ call: Call) async throws -> TrapEntry {
        var filter = TrapFilter()
        filter.id = id
        guard let entry = try await call.database.trapEntries(filter).first else {
            throw Problem.notFound("There is no trap \(id) in the catalog. /api/v1/traps lists them.")
        }
        return entry
    }

    private static let verdicts = json(
        "/api/v1/verdicts", "listVerdicts", "Every screened package with what it turned out to be.",
        parameters: [Parameters.jobset.facts], schema: Schema.array(of: .verdictRecord)
    ) { call in
        let jobset = try await call.knownJobset()
        return try .json(try await call.database.verdictRecords(jobset: jobset))
    }
}
