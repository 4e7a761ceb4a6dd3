// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// Why a build does not run.
extension Endpoint {
    static let why = json(
        "/api/v1/builds/{build}/why", "explainBuild",
        "Why a build does not run: inputs it waits for, what workers lack, its jobset's share, who holds it.",
        parameters: [Parameters.build.facts], schema: Schema.explanation.reference
    ) { call in
        let id = try call.required(Parameters.build)
        guard let found = try await call.database.explanation(ofBuild: id) else {
            throw Problem.notFound("There is no build \(id). /api/v1/builds lists them.")
        }
        return try .json(ExplainedBuild(found))
    }
}

/// An explanation with the same in words.
private struct ExplainedBuild: Encodable {
    let explanation: BuildExplanation

    init(_ explanation: BuildExplanation) {
        self.explanation = explanation
    }

    private enum CodingKeys: String, CodingKey { case reasons }

    func encode(to encoder: any Encoder) throws {
        try explanation.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(explanation.sentences, forKey: .reasons)
    }
}

extension Schema {
    static let explanationObject = object(
        [
            "build": integer, "name": text, "state": words(Parameters.buildStates), "waitingFor": integer,
            "needs": list(text), "missing": list(text), "ableWorkers": integer, "reasons": list(text),
            "inputs": list(
                object(
                    ["name": text, "derivation": text, "state": text, "isInvestigated": boolean],
                    optional: ["build": integer, "verdict": words(Verdict.self), "error": text],
                    "An input whose output is not in the store yet.")),
        ],
        optional: [
            "error": text, "memory": integer, "retryAt": instant, "pool": text,
            "lease": object(
                ["worker": text, "host": text, "since": instant, "heartbeat": instant], optional: ["run": integer],
                "Who holds it."),
            "quota": object(
                [
                    "jobset": text, "shares": integer, "guestsInUse": integer, "capacity": integer, "busy": integer,
                    "ahead": integer, "before": list(text),
                ], "How its jobset stands beside the others."),
        ], "Why a build does not run, and the same in words.")
}
