// SPDX-License-Identifier: GPL-3.0-or-later

/// What an investigation ends with: a verdict, and everything the catalog needs to know about a trap.
package struct Finding: Hashable, Sendable {
    package var verdict: Verdict
    /// The axis to blame first; nil unless the verdict is a trap.
    package var axis: Axis?
    /// All axes that matter, for combined traps.
    package var axes: [Axis]
    package var interaction: Interaction?
    package var windows: [Window]
    package var periodic: Periodicity?
    package var cpu: CPUEdge?
    package var cause: Cause
    package var evidence: [Evidence]
    /// How likely the whole verdict, windows included, is right.
    package var probability: Double
    package var annotation: Annotation
    /// How often a build fails that should pass, as far as these runs show.
    package var flakeRate: Double
    /// Numbers of all runs it rests on, ascending; infrastructure failures are not among them.
    package var runs: [Int64]
    /// One sentence for people: what was seen.
    package var reason: String

    /// How two axes act together.
    package enum Interaction: String, CaseIterable, Codable, Hashable, Sendable {
        /// It fails only where all are bad at once.
        case conjunction
        /// Each is a trap by itself.
        case independent
    }

    package init(
        verdict: Verdict, axis: Axis? = nil, axes: [Axis] = [], interaction: Interaction? = nil,
        windows: [Window] = [], periodic: Periodicity? = nil, cpu: CPUEdge? = nil, cause: Cause = .unknown,
        evidence: [Evidence] = [], probability: Double, annotation: Annotation = Annotation(),
        flakeRate: Double = 0, runs: [Int64] = [], reason: String
    ) {
        self.verdict = verdict
        self.axis = axis
        self.axes = axes
        self.interaction = interaction
        self.windows = windows
        self.periodic = periodic
        self.cpu = cpu
        self.cause = cause
        self.evidence = evidence
        self.probability = probability
        self.annotation = annotation
        self.flakeRate = flakeRate
        self.runs = runs
        self.reason = reason
    }
}

extension Finding: Codable {}
