// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// Packages with planted date traps, drawn from the causes that real ones have.
///
/// Half are certificates with a round lifetime, the rest overflows in 2038, turns of a year and windows relative to the
/// release. With the recall's complement the true instant is neither among the candidates nor a well-known constant.
struct InvestigateCorpus {
    struct Specimen: Sendable {
        let subject: Subject
        let trap: PlantedTrap
        let candidates: [Candidate]
        /// The first good second, where the window has a lower end.
        let lower: Instant?
        /// The first bad second.
        let upper: Instant

        var edgeCount: Int { lower == nil ? 1 : 2 }
    }

    var recall: Double
    var flakeRate: Double
    /// Seconds of guest time a build takes.
    var seconds: ClosedRange<Int64>

    static let horizon = CivilDate(firstOf: 2100).start
    static let earliest = CivilDate(firstOf: 1990).start

    func specimen(_ number: Int, seed: UInt64) -> Specimen {
        var random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
        let release = CivilDate(firstOf: 2008).start + Int64.random(in: 0..<(14 * 31_557_600), using: &random)
        // Exactly the share asked for in each ten, so that a figure does not hang on luck with misses.
        let isRecalled = Double((number &* 7 &+ Int(seed % 10)) % 10) < recall * 10
        let plant = self.plant(release, isRecalled: isRecalled, &random)
        let reference = Conditions(date: release, cpu: .max, kernel: .simulated, cores: 1)
        let hard = Conditions(date: Self.horizon, cpu: .baseline, kernel: reference.kernel, cores: 1)
        let subject = Subject(
            package: "planted-\(number)", version: "1", derivation: "planted-\(number)", screening: [hard],
            reference: reference, precision: .second, earliest: Self.earliest, latest: Self.horizon,
            expectedSeconds: seconds.upperBound, buildLimit: 400)
        var candidates = isRecalled ? plant.truths : []
        for index in 0..<Int.random(in: 0...8, using: &random) { candidates.append(decoy(index, &random)) }
        let (lower, upper, facts) = (plant.lower, plant.upper, plant.facts)
        let trap = PlantedTrap(
            flakeRate: flakeRate, seconds: seconds,
            facts: { instant, _ in facts.filter { $0.side == nil || ($0.side == .after) == (instant >= upper) } },
            works: { instant, _ in instant < upper && instant >= (lower ?? .earliest) })
        return Specimen(subject: subject, trap: trap, candidates: candidates, lower: lower, upper: upper)
    }

    private struct Plant {
        var lower: Instant?
        var upper: Instant
        var truths: [Candidate] = []
        var facts: [LogFact] = []
    }

    private func plant(_ release: Instant, isRecalled: Bool, _ random: inout SeededRandom) -> Plant {
        let speaks = random.chance(0.7)
        let kind = Double.random(in: 0..<1, using: &random)
        if kind < 0.5 { return certificate(release, speaks: speaks, &random) }
        if kind < 0.65 { return overflow(isRecalled: isRecalled, speaks: speaks, &random) }
        if kind < 0.85 { return turnOfYear(release, speaks: random.chance(0.4), &random) }
        return relative(release, speaks: random.chance(0.5), &random)
    }

    private func certificate(_ release: Instant, speaks: Bool, _ random: inout SeededRandom) -> Plant {
        let created = release - Int64.random(in: 86_400..<(2 * 31_557_600), using: &random)
        let years = [3, 5, 10, 10, 20, 30].randomElement(using: &random) ?? 10
        let upper = created + Int64(years) * 365 * 86_400
        let place = Evidence(kind: .file, path: "tests/server.pem", offset: 0, length: 900, text: "X.509 validity")
        let truths = [
            Candidate(kind: .certificateNotBefore, instant: created, side: .notBefore, weight: 2, origin: place),
            Candidate(kind: .certificateNotAfter, instant: upper, side: .notAfter, weight: 2, origin: place),
        ]
        let facts = [
            LogFact(kind: .certificateExpired, side: .after, line: 12, text: "certificate has expired"),
            LogFact(kind: .certificateNotYetValid, side: .before, line: 12, text: "certificate is not yet valid"),
        ]
        let isTwoSided = random.chance(0.6)
        return Plant(lower: isTwoSided ? created : nil, upper: upper, truths: truths, facts: speaks ? facts : [])
    }

    private func overflow(isRecalled: Bool, speaks: Bool, _ random: inout SeededRandom) -> Plant {
        // Not recalled: the test looks some days ahead and overflows that much earlier.
        let ahead = isRecalled ? 0 : Int64.random(in: 60..<(400 * 86_400), using: &random)
        let fact = LogFact(kind: .signed32Bit, side: .after, line: 3, text: "'i' format requires -2147483648 <= number")
        return Plant(lower: nil, upper: Instant(seconds: 2_147_483_648 - ahead), facts: speaks ? [fact] : [])
    }

    private func turnOfYear(_ release: Instant, speaks: Bool, _ random: inout SeededRandom) -> Plant {
        let year = random.chance(0.3) ? release.date.year + 1 : Int.random(in: 2023...2099, using: &random)
        let upper = CivilDate(firstOf: year).start
        let isOneYear = year == release.date.year + 1
        let place = Evidence(kind: .file, path: "tests/test_dates.py", line: 40, text: "\(year)")
        let truth = Candidate(kind: .literalYear, instant: upper, weight: 1, origin: place)
        let lower = isOneYear ? CivilDate(firstOf: year - 1).start : nil
        let fact = LogFact(kind: .yearMismatch, line: 9, text: "None != '1 January'")
        return Plant(lower: lower, upper: upper, truths: [truth], facts: speaks ? [fact] : [])
    }

    private func relative(_ release: Instant, speaks: Bool, _ random: inout SeededRandom) -> Plant {
        let upper = release + Int64.random(in: 1...4_000, using: &random) * 86_400
        let place = Evidence(kind: .file, path: "CHANGES", line: 1, text: "written at the release")
        let truth = Candidate(kind: .literalDate, instant: upper, weight: 1, origin: place)
        let fact = LogFact(kind: .cookieDates, line: 5, text: "a date is not found among two others")
        return Plant(lower: nil, upper: upper, truths: [truth], facts: speaks ? [fact] : [])
    }

    private func decoy(_ index: Int, _ random: inout SeededRandom) -> Candidate {
        let kinds: [Candidate.Kind] = [
            .certificateNotAfter, .certificateNotBefore, .literalDate, .literalDate, .epochNumber,
        ]
        let kind = kinds.randomElement(using: &random) ?? .literalDate
        let instant = Self.earliest + Int64.random(in: 0..<(Self.horizon - Self.earliest), using: &random)
        let place = Evidence(kind: .file, path: "tests/other-\(index)", offset: index, length: 20, text: "decoy")
        let sides: [Candidate.Kind: Candidate.Side] = [
            .certificateNotAfter: .notAfter, .certificateNotBefore: .notBefore,
        ]
        let side = sides[kind] ?? .either
        return Candidate(
            kind: kind, instant: instant, side: side, weight: .random(in: 0.5...2, using: &random), origin: place)
    }
}
