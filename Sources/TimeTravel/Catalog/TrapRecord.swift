// SPDX-License-Identifier: GPL-3.0-or-later

/// The catalog's entry for one trap, in exactly the shape that `/api/v1/traps` and `catalog --format json` print.
package struct TrapRecord: Hashable, Sendable {
    /// Where the trap stands now.
    package enum Status: String, CaseIterable, Codable, Hashable, Sendable { case open, fixed, annotated, disputed }

    package var id: Int
    package var package: String
    package var version: String
    package var derivation: String
    package var verdict: Verdict
    package var axis: Axis
    package var windows: [Window]
    package var periodic: Periodicity?
    package var cpu: CPUEdge?
    package var cause: Cause
    package var evidence: [Evidence]
    package var probability: Double
    package var annotation: Annotation
    package var revisions: [String]
    package var runs: [Int64]
    package var status: Status

    package init(
        id: Int, package: String, version: String, derivation: String, verdict: Verdict, axis: Axis, windows: [Window],
        periodic: Periodicity?, cpu: CPUEdge?, cause: Cause, evidence: [Evidence], probability: Double,
        annotation: Annotation, revisions: [String], runs: [Int64], status: Status
    ) {
        self.id = id
        self.package = package
        self.version = version
        self.derivation = derivation
        self.verdict = verdict
        self.axis = axis
        self.windows = windows
        self.periodic = periodic
        self.cpu = cpu
        self.cause = cause
        self.evidence = evidence
        self.probability = probability
        self.annotation = annotation
        self.revisions = revisions
        self.runs = runs
        self.status = status
    }
}

extension TrapRecord: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, package, version, derivation, verdict, axis, windows, periodic, cpu, cause, evidence, probability
        case annotation, revisions, runs, status
    }

    /// Writes every key always; what is not known is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(package, forKey: .package)
        try container.encode(version, forKey: .version)
        try container.encode(derivation, forKey: .derivation)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(axis, forKey: .axis)
        try container.encode(windows, forKey: .windows)
        try container.encode(periodic, forKey: .periodic)
        try container.encode(cpu, forKey: .cpu)
        try container.encode(cause, forKey: .cause)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(probability, forKey: .probability)
        try container.encode(annotation, forKey: .annotation)
        try container.encode(revisions, forKey: .revisions)
        try container.encode(runs, forKey: .runs)
        try container.encode(status, forKey: .status)
    }
}
