// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import TimeTravel

/// A run with what it left behind, as the API gives it.
struct RunDetail: Encodable, Sendable {
    let record: RunRecord
    let evidence: JSON?
    let facts: [LogFact]

    private enum CodingKeys: String, CodingKey { case evidence, facts }

    func encode(to encoder: any Encoder) throws {
        try record.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(facts, forKey: .facts)
    }
}

/// An investigation with every step, as the API gives it.
struct InvestigationDetail: Encodable, Sendable {
    let id: Int
    let derivation: String
    let state: String
    let created: Instant
    let concluded: Instant?
    let trap: Int?
    let subject: JSON?
    let candidates: JSON
    let finding: JSON?
    let steps: [InvestigationStepRecord]

    init(_ summary: InvestigationSummary) throws {
        id = summary.id
        derivation = summary.derivation
        state = summary.state
        created = summary.created
        concluded = summary.concluded
        trap = summary.trap
        subject = try summary.subject.map { try JSON(decoding: $0.bytes) }
        candidates = try summary.candidates.map { try JSON(decoding: $0.bytes) } ?? []
        finding = try summary.finding.map { try JSON(decoding: $0.bytes) }
        steps = summary.steps
    }
}
