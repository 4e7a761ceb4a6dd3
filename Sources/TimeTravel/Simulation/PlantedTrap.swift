// SPDX-License-Identifier: GPL-3.0-or-later

/// A package whose truth is known: what simulated guests build, to try an investigation on.
package struct PlantedTrap: Sendable {
    /// Whether the package works at an instant under the other conditions given.
    package var works: @Sendable (Instant, Conditions) -> Bool
    /// What a build that fails for its real reason leaves in its log.
    package var facts: @Sendable (Instant, Conditions) -> [LogFact]
    /// How often a build fails by chance.
    package var flakeRate: Double
    /// Seconds of guest time a build takes, drawn evenly.
    package var seconds: ClosedRange<Int64>
    /// How often a build is lost to the infrastructure.
    package var lossRate: Double

    package init(
        flakeRate: Double = 0, seconds: ClosedRange<Int64> = 0...0, lossRate: Double = 0,
        facts: @escaping @Sendable (Instant, Conditions) -> [LogFact] = { _, _ in [] },
        works: @escaping @Sendable (Instant, Conditions) -> Bool
    ) {
        self.flakeRate = flakeRate
        self.seconds = seconds
        self.lossRate = lossRate
        self.facts = facts
        self.works = works
    }

    /// One run; the same seed, conditions and attempt always end the same way, whatever ran before.
    package func run(_ id: Int64, _ conditions: Conditions, attempt: Int, seed: UInt64) -> ObservedRun {
        var random = SeededRandom(seed: seed ^ PlantedTrap.key(conditions) ^ (UInt64(attempt) &* 0x5851_f42d_4c95_7f2d))
        let length = Int64.random(in: seconds, using: &random)
        let began = conditions.date
        if random.chance(lossRate) {
            return ObservedRun(id: id, conditions: conditions, outcome: .infrastructure, began: began, ended: began)
        }
        let checked = began + Int64(Double(length) * Double.random(in: 0...1, using: &random))
        let isSound = works(checked, conditions)
        let passes = isSound && !random.chance(flakeRate)
        return ObservedRun(
            id: id, conditions: conditions, outcome: passes ? .succeeded : .failed, began: began, ended: began + length,
            facts: isSound ? [] : facts(checked, conditions))
    }

    /// FNV-1a of the canonical text: `Hasher` is seeded anew in every process.
    private static func key(_ conditions: Conditions) -> UInt64 {
        conditions.description.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
