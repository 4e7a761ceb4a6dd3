// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The parameters that endpoints take; one name means one thing everywhere.
enum Parameters {
    static let limits = (standard: 100, most: 1_000)

    static let trap = Parameter.number("trap", in: .path, about: "A trap's number in the catalog.")
    static let evaluation = Parameter.number("evaluation", in: .path, about: "An evaluation's number.")
    static let build = Parameter.number("build", in: .path, about: "A build's number.")
    static let run = Parameter.number("run", in: .path, to: 9_007_199_254_740_991, about: "A run's number.")
    static let investigation = Parameter.number("investigation", in: .path, about: "An investigation's number.")
    static let annotation = Parameter.number("annotation", in: .path, about: "An annotation's number.")
    static let alert = Parameter.number("alert", in: .path, about: "An alert's number.")
    static let name = Parameter.text("name", in: .path, about: "A jobset's name.")

    static let jobset = Parameter.text("jobset", about: "Only what belongs to the jobset of this name.")
    static let package = Parameter.text("package", about: "Only packages of exactly this name.")
    static let axis = Parameter<Axis>.word("axis", about: "Only traps on this axis.")
    static let cause = Parameter<Cause>.word("cause", about: "Only traps with this cause.")
    static let status = Parameter<TrapRecord.Status>.word("status", about: "Only traps that stand so now.")
    static let at = Parameter.instant(
        "at", about: "Only traps with a window that contains this instant: the package is known to build then.")
    static let verdict = Parameter<Verdict>(
        "verdict", expected: "one of \(trapVerdicts.joined(separator: ", "))", about: "Only traps with this verdict.",
        schema: ["type": "string", "enum": .array(trapVerdicts.map { .string($0) })]
    ) { text in trapVerdicts.contains(text) ? Verdict(rawValue: text) : nil }
    static let derivation = Parameter.text(
        "derivation",
        about: "Only builds of this derivation: a store path, its base name, or the name without the hash.")
    static let buildState = Parameter<String>.word("state", of: buildStates, about: "Only builds in this state.")
    static let after = Parameter.number(
        "after", from: 0, about: "Only entries with a greater number; the Link header of a list names the next page.")
    static let before = Parameter.number(
        "before", about: "Only entries with a smaller number; the Link header of a list names the next page.")
    static let limit = Parameter.number(
        "limit", to: limits.most, standard: limits.standard, about: "How many entries to give at most.")

    static let worker = Parameter.number("worker", in: .path, about: "A worker's number.")
    static let packageName = Parameter.text("package", in: .path, about: "A package's name.")
    static let channel = Parameter.text("channel", about: "Only revisions of the channel of this name.")
    static let commit = Parameter.text("commit", longest: 64, about: "Only revisions whose commit begins so.")
    static let ofTrap = Parameter.number("trap", about: "Only annotations of this trap's derivation.")
    static let origin = Parameter<String>.word(
        "origin", of: ["measured", "person"], about: "Only annotations from there.")
    static let alertState = Parameter<String>.word(
        "state", of: ["pending", "delivered", "dead"], about: "Only alerts that stand so now.")
    static let investigationState = Parameter<String>.word(
        "state", of: ["open", "concluded"], about: "Only investigations in this state.")
    static let columns = Parameter.number("columns", to: 100, standard: 12, about: "How many revisions, at most.")
    static let afterJob = Parameter.text(
        "after", about: "Only jobs whose names come after this one; the Link header of a list names the next page.")
    static let troubled = Parameter<String>.word(
        "troubled", of: ["yes", "no"], about: "yes: only jobs that are not sound in one of the revisions.")
    static let since = Parameter.number(
        "since", about: "The evaluation to compare with; the one of the jobset's revision before it unless given.")
    static let words = Parameter.text(
        "q", about: "Words to be found in package, version, axis, cause and evidence; '-' before one excludes it.")
    static let order = Parameter<TrapFilter.Order>.word(
        "sort", about: "The order: by number (unless given), newest first, by the next edge, by package.")
    static let from = Parameter.number(
        "from", from: 0, to: 9_007_199_254_740_991, about: "Bytes of the log that are known already.")

    static let buildStates = ["blocked", "ready", "leased", "succeeded", "failed", "dependency-failed", "cancelled"]
    static let evaluationStates = ["pending", "running", "succeeded", "failed", "cancelled"]
    static let trapVerdicts = Verdict.allCases.filter(\.isTrap).map(\.rawValue)
}

extension Call {
    func limit() throws(Problem) -> Int { try value(Parameters.limit) ?? Parameters.limits.standard }

    /// The first `limit` of one entry more than that, with the way to the rest if there is one.
    func page<Element: Encodable>(
        _ found: [Element], limit: Int, cursor: String, number: (Element) -> Int
    ) throws -> Reply {
        let shown = found.prefix(limit)
        let next = found.count > limit ? shown.last.map { here(cursor, number($0)) } : nil
        return try .page(Array(shown), next: next)
    }

    /// The jobset a request names, nil for all; a name that no jobset bears is an error, not an empty list.
    func knownJobset() async throws -> String? {
        guard let name = try value(Parameters.jobset) else { return nil }
        return try await jobset(named: name).name
    }

    func jobset(named name: String) async throws -> JobsetRecord {
        let records = try await database.jobsetRecords()
        guard let record = records.first(where: { $0.name == name }) else {
            let known = records.map(\.name).joined(separator: ", ")
            throw Problem.notFound("No jobset is named '\(name)'." + (known.isEmpty ? "" : " Known are: \(known)."))
        }
        return record
    }
}
