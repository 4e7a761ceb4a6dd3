// SPDX-License-Identifier: GPL-3.0-or-later

/// Where an edge may lie before any build: weight on candidate instants, on calendar boundaries, and on everything else.
///
/// The weight of a span is computed, never enumerated, so that a century to the second costs nothing.
struct EdgePrior {
    /// Candidate instants, ascending, each once, with the weights of all that name it.
    private let atoms: [(instant: Int64, weight: Double)]
    /// `sums[i]` is the weight of the first i atoms.
    private let sums: [Double]
    /// Times of day, in seconds, at which windows counted in whole days from a release would end.
    private let phases: [Int64]

    /// Weight per boundary, for a span of about a century whose share of "not a candidate" is 1.
    private enum Share {
        static let perYear = 0.22 / 110
        static let perMonth = 0.03 / 1_320
        static let perDay = 0.12 / 40_200
        static let perHour = 0.03 / 964_000
        static let perPhase = 0.08 / 40_200
        static let perSecond = 0.60 / 3.47e9
    }

    /// `candidates` weigh together as much as their number and quality justify, against 1 for all other instants.
    ///
    /// `origins` are instants from which a window of whole days may be counted.
    init(_ candidates: [(instant: Instant, weight: Double)], origins: [Instant] = []) {
        phases = Set(origins.map { Int64($0.secondOfDay) }).filter { $0 > 0 }.sorted()
        var merged: [Int64: Double] = [:]
        for candidate in candidates where candidate.weight > 0 {
            merged[candidate.instant.seconds, default: 0] += candidate.weight
        }
        let total = merged.values.reduce(0, +)
        let scale = total > 0 ? 4 / (total + 2) : 0
        atoms = merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value * scale) }
        sums = atoms.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.weight) }
    }

    /// The weight of an edge after `low` and not after `high`.
    func weight(after low: Int64, through high: Int64) -> Double {
        guard low < high else { return 0 }
        return sums[atomCount(through: high)] - sums[atomCount(through: low)] + background(low, high)
    }

    /// The candidates after `low` and not after `high`, with their weights.
    func atoms(after low: Int64, through high: Int64) -> ArraySlice<(instant: Int64, weight: Double)> {
        guard low < high else { return [] }
        return atoms[atomCount(through: low)..<atomCount(through: high)]
    }

    private func atomCount(through instant: Int64) -> Int {
        var (low, high) = (0, atoms.count)
        while low < high {
            let middle = (low + high) / 2
            if atoms[middle].instant <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func background(_ low: Int64, _ high: Int64) -> Double {
        let (first, last) = (EdgePrior.calendar(low), EdgePrior.calendar(high))
        return Double(last.year - first.year) * Share.perYear
            + Double(last.month - first.month) * Share.perMonth
            + Double(last.day - first.day) * Share.perDay
            + Double(last.hour - first.hour) * Share.perHour
            + Double(high - low) * Share.perSecond
            + phases.reduce(0) { $0 + Double(Self.day(high - $1) - Self.day(low - $1)) * Share.perPhase }
    }

    private static func day(_ seconds: Int64) -> Int { Instant(seconds: seconds).daysSinceEpoch }

    /// Running numbers of the calendar units whose start is at or before `seconds`.
    private static func calendar(_ seconds: Int64) -> (year: Int, month: Int, day: Int, hour: Int) {
        let instant = Instant(seconds: seconds)
        let date = instant.date
        let day = instant.daysSinceEpoch
        return (date.year, date.year * 12 + date.month, day, day * 24 + instant.secondOfDay / 3_600)
    }
}
