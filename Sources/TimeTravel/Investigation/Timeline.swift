// SPDX-License-Identifier: GPL-3.0-or-later

/// The date axis with the other conditions held fixed: what builds did at which date.
struct Timeline {
    /// All builds started at one date.
    struct Point {
        let date: Instant
        let passed: [ObservedRun]
        let failed: [ObservedRun]
        /// Failures at this date under the control's other conditions: they tell chance from trap just as well.
        let alsoFailed: [ObservedRun]
        /// Built under other conditions on the other axes: shows the way, proves nothing here.
        let isBorrowed: Bool

        var isGood: Bool { !passed.isEmpty }
        var run: ObservedRun? { passed.first ?? failed.first }
    }

    /// Neighbouring points of one kind, ascending.
    struct Stretch {
        let isGood: Bool
        let points: [Point]
    }

    let points: [Point]
    /// Alternating good and bad, ascending; failures taken for chance are left out.
    let stretches: [Stretch]
    /// Between good builds: failures that are neither proven nor dismissed yet.
    let doubtful: [Point]

    /// `template` gives the other axes, `control` those of the build that is known to pass somewhere.
    init(template: Conditions, control: Conditions, observations: Observations, islandChance: Double) {
        var points: [Point] = []
        var dates: Set<Instant> = []
        for (conditions, tally) in observations.tallies where conditions.taking(.date, from: template) == template {
            let other = observations[control.taking(.date, from: conditions)]
            points.append(
                Point(
                    date: conditions.date, passed: tally.passed, failed: tally.failed,
                    alsoFailed: tally.isBad && other.isBad ? other.failed : [], isBorrowed: false))
            dates.insert(conditions.date)
        }
        for conditions in observations.goodConditions where !dates.contains(conditions.date) {
            let passed = observations[conditions].passed
            points.append(Point(date: conditions.date, passed: passed, failed: [], alsoFailed: [], isBorrowed: true))
            dates.insert(conditions.date)
        }
        points.sort { $0.date < $1.date }
        self.points = points
        var kept = points
        var doubtful: [Point] = []
        for island in Timeline.islands(Timeline.group(points)) {
            let failures = island.points.flatMap(\.failed)
            let chance = (1 - islandChance) * observations.chanceOfFlakes(failures)
            let none = chance / (chance + islandChance)
            if none > 0.9 {
                let dates = Set(island.points.map(\.date))
                kept.removeAll { dates.contains($0.date) }
            } else if none > 0.02, let weakest = island.points.min(by: { $0.failed.count < $1.failed.count }) {
                doubtful.append(weakest)
            }
        }
        stretches = Timeline.group(kept)
        self.doubtful = doubtful
    }

    private static func group(_ points: [Point]) -> [Stretch] {
        var stretches: [Stretch] = []
        for point in points {
            if let last = stretches.last, last.isGood == point.isGood {
                stretches[stretches.count - 1] = Stretch(isGood: last.isGood, points: last.points + [point])
            } else {
                stretches.append(Stretch(isGood: point.isGood, points: [point]))
            }
        }
        return stretches
    }

    /// Bad stretches with good ones on both sides.
    private static func islands(_ stretches: [Stretch]) -> [Stretch] {
        stretches.count < 3 ? [] : stretches[1..<(stretches.count - 1)].filter { !$0.isGood }
    }

    var hasIsland: Bool { !Timeline.islands(stretches).isEmpty }
    var goodPoints: [Point] { points.filter(\.isGood) }
    var badPoints: [Point] { stretches.filter { !$0.isGood }.flatMap(\.points) }
}
