// SPDX-License-Identifier: GPL-3.0-or-later

/// The numbers an investigation is tuned by; docs/decisions/0021 says how they were chosen.
enum Tuning {
    /// A claim that an edge lies where it is reported may be wrong this often.
    static let edgeDoubt = 0.015
    /// The same for a package that was seen to fail by chance.
    static let flakyEdgeDoubt = 0.001
    /// A step on the way, which later builds would correct, may be wrong this often.
    static let stepDoubt = 0.03
    /// As before, for what is rare to begin with.
    static let rareDoubt = 0.001
    /// All failures beyond an edge may be chance this often: a trap is about as rare as a package that fails every third time.
    static let trapDoubt = 0.000_05
    /// Before any build in that direction: how often there is no further edge.
    static let noOtherEdge = 0.6
    /// How often a failed screening with a passed control is neither trap nor edge, before flakiness is weighed.
    static let noEdgeAtAll = 0.4
    /// How often a build fails only for a while between two dates at which it passes.
    static let island = 0.03
    /// As before, where the log speaks of days out of range or of an hour too many.
    static let suspectedIsland = 0.5
    /// Sign changes on the date axis after which no more are taken apart.
    static let mostEdges = 12
}
