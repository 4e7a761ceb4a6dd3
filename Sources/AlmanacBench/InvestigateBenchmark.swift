// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// `almanac-bench investigate`: the investigation beside plain bisection and best of three, on one corpus and seed.
enum InvestigateBenchmark {
    /// The figures of one search over the corpus at one flake rate.
    struct Row: Sendable {
        var name: String
        var flakeRate: Double
        /// Builds that located the edges, for each edge.
        var perEdge: [Double] = []
        /// The same for the whole search.
        var builds: [Int] = []
        var right = 0
        var trials = 0

        var accuracy: Double { trials == 0 ? 0 : Double(right) / Double(trials) }
        var meanBuilds: Double { builds.isEmpty ? 0 : Double(builds.reduce(0, +)) / Double(builds.count) }
        var meanPerEdge: Double { perEdge.isEmpty ? 0 : perEdge.reduce(0, +) / Double(perEdge.count) }
        var medianPerEdge: Double { perEdge.isEmpty ? 0 : perEdge.sorted()[perEdge.count / 2] }
    }

    /// The seed and trials of the figures in `docs/results/investigate.md`.
    static let standardSeed: UInt64 = 1
    static let standardTrials = 300

    static func run(json: Bool, seed: UInt64 = standardSeed, trials: Int = standardTrials) {
        let rates = [0, 0.01, 0.05, 0.2]
        var rows: [Row] = []
        for rate in rates {
            let corpus = InvestigateCorpus(recall: 0.8, flakeRate: rate, seconds: 0...0)
            rows += measure(corpus, seed: seed, trials: trials)
        }
        let running = InvestigateCorpus(recall: 0.8, flakeRate: 0, seconds: 10...25)
        let clock = investigate(running, seed: seed, trials: trials, tolerance: 120)
        let crews = [1, 2, 4, 8, 16].map { crew($0, seed: seed, trials: trials) }
        if json { printJSON(rows, crews) } else { printTable(rows, crews, clock: clock, seed: seed) }
    }

    private static func measure(_ corpus: InvestigateCorpus, seed: UInt64, trials: Int) -> [Row] {
        [
            bisect("plain bisection", votes: 1, corpus, seed: seed, trials: trials),
            bisect("best of three", votes: 3, corpus, seed: seed, trials: trials),
            investigate(corpus, seed: seed, trials: trials, tolerance: 1),
        ]
    }

    private static func bisect(
        _ name: String, votes: Int, _ corpus: InvestigateCorpus, seed: UInt64, trials: Int
    ) -> Row {
        var row = Row(name: name, flakeRate: corpus.flakeRate)
        for number in 0..<trials {
            let specimen = corpus.specimen(number, seed: seed)
            let result = InvestigateBaselines(votes: votes, seed: seed &+ UInt64(number)).search(specimen)
            row.add(builds: result.builds, edges: specimen.edgeCount, isRight: result.isRight)
        }
        return row
    }

    private static func investigate(_ corpus: InvestigateCorpus, seed: UInt64, trials: Int, tolerance: Int64) -> Row {
        var row = Row(name: "almanac", flakeRate: corpus.flakeRate)
        for number in 0..<trials {
            let specimen = corpus.specimen(number, seed: seed)
            let farm = SimulatedFarm(seed: seed &+ UInt64(number))
            let report = farm.investigate(specimen.trap, specimen.subject, candidates: specimen.candidates)
            row.add(
                builds: locating(report, specimen), edges: specimen.edgeCount,
                isRight: isRight(report.finding, specimen, tolerance: tolerance))
        }
        return row
    }

    /// Several guests at once, at 5 % of flaky builds: how often the slowest build of a round is waited for, and what the
    /// builds are that a single guest would not have made.
    struct Crew: Sendable {
        let guests: Int
        var rounds: [Int] = []
        var builds = 0
        var right = 0

        var medianRounds: Int { rounds.isEmpty ? 0 : rounds.sorted()[rounds.count / 2] }
        var meanRounds: Double { mean(rounds.reduce(0, +)) }
        var meanBuilds: Double { mean(builds) }
        var accuracy: Double { mean(right) }

        private func mean(_ sum: Int) -> Double { rounds.isEmpty ? 0 : Double(sum) / Double(rounds.count) }
    }

    private static func crew(_ guests: Int, seed: UInt64, trials: Int) -> Crew {
        let corpus = InvestigateCorpus(recall: 0.8, flakeRate: 0.05, seconds: 0...0)
        var crew = Crew(guests: guests)
        for number in 0..<trials {
            let specimen = corpus.specimen(number, seed: seed)
            let report = SimulatedFarm(guests: guests, seed: seed &+ UInt64(number)).investigate(
                specimen.trap, specimen.subject, candidates: specimen.candidates)
            crew.rounds.append(report.rounds)
            crew.builds += report.builds
            crew.right += isRight(report.finding, specimen, tolerance: 1) ? 1 : 0
        }
        return crew
    }

    /// Builds but for those that every search begins with: the screening build, the control and one at the far horizon,
    /// which tells whether there is an edge in the other direction.
    private static func locating(_ report: SimulatedFarm.Report, _ specimen: InvestigateCorpus.Specimen) -> Int {
        let subject = specimen.subject
        let given = [subject.screening.first, subject.reference].compactMap(\.self)
        let built = Set(report.runs.map(\.conditions))
        let horizon = report.runs.contains { $0.conditions.date == subject.earliest } ? 1 : 0
        return max(0, report.builds - given.count { built.contains($0) } - horizon)
    }

    /// One window, its ends where they were planted, each bracket no wider than `tolerance` seconds.
    static func isRight(_ finding: Finding?, _ specimen: InvestigateCorpus.Specimen, tolerance: Int64) -> Bool {
        guard let finding, finding.verdict == .timeTrap, finding.windows.count == 1, let window = finding.windows.first
        else { return false }
        guard let upper = window.notAfter, upper.lastGood < specimen.upper, upper.firstBad >= specimen.upper,
            upper.firstBad - upper.lastGood <= tolerance
        else { return false }
        guard let truth = specimen.lower else { return window.notBefore == nil }
        guard let lower = window.notBefore else { return false }
        return lower.lastBad < truth && lower.firstGood >= truth && lower.firstGood - lower.lastBad <= tolerance
    }
}

extension InvestigateBenchmark.Row {
    fileprivate mutating func add(builds: Int, edges: Int, isRight: Bool) {
        self.builds.append(builds)
        perEdge.append(Double(builds) / Double(edges))
        right += isRight ? 1 : 0
        trials += 1
    }
}

extension InvestigateBenchmark {
    private static func row(_ rows: [Row], _ name: String, _ rate: Double) -> Row {
        rows.first { $0.name == name && $0.flakeRate == rate } ?? Row(name: name, flakeRate: rate)
    }

    private static func printJSON(_ rows: [Row], _ crews: [Crew]) {
        let (ours, plain) = (row(rows, "almanac", 0), row(rows, "plain bisection", 0))
        let five = row(rows, "almanac", 0.05), twenty = row(rows, "almanac", 0.2)
        let one = crews.first { $0.guests == 1 }, eight = crews.first { $0.guests == 8 }
        let pairs: [(String, Double)] = [
            ("meanRoundsWith1Guest", one?.meanRounds ?? 0), ("meanRoundsWith8Guests", eight?.meanRounds ?? 0),
            ("medianBuilds", ours.medianPerEdge), ("meanBuilds", ours.meanPerEdge),
            ("ratioToPlain", plain.meanBuilds / max(ours.meanBuilds, 1)),
            ("accuracyAt5Percent", five.accuracy), ("accuracyAt20Percent", twenty.accuracy),
            ("meanBuildsAt5Percent", five.meanPerEdge), ("meanBuildsAt20Percent", twenty.meanPerEdge),
            ("plainAccuracyAt5Percent", row(rows, "plain bisection", 0.05).accuracy),
            ("bestOfThreeAccuracyAt20Percent", row(rows, "best of three", 0.2).accuracy),
        ]
        let lines = pairs.map { "  \"\($0.0)\": \(rounded($0.1, 4))" }
        print("{\n\(lines.joined(separator: ",\n"))\n}")
    }

    private static func printTable(_ rows: [Row], _ crews: [Crew], clock: Row, seed: UInt64) {
        print(
            "Planted date traps, recall of candidates 0.8, to one second, seed \(seed), \(clock.trials) trials a row.")
        print(
            "Not counted: the screening build, the control and one build at the far horizon, with which every search begins."
        )
        print("")
        print("| flaky builds | search | right | median builds per edge | mean per edge | mean per trap |")
        print("|---|---|--:|--:|--:|--:|")
        for row in rows { print(line(row)) }
        print("")
        print("With a clock that runs (builds of 10 to 25 s), brackets within two minutes:")
        print("")
        print("| flaky builds | search | right | median builds per edge | mean per edge | mean per trap |")
        print("|---|---|--:|--:|--:|--:|")
        print(line(clock))
        print("")
        print("With several guests at once, 5 % of builds flaky, all builds of a trap counted:")
        print("")
        print("| guests | right | median rounds | mean rounds | mean builds |")
        print("|--:|--:|--:|--:|--:|")
        for crew in crews {
            let figures =
                [rounded(crew.accuracy * 100, 1) + " %", "\(crew.medianRounds)"]
                + [crew.meanRounds, crew.meanBuilds].map { rounded($0, 1) }
            print("| \(crew.guests) | \(figures.joined(separator: " | ")) |")
        }
        let ratio = row(rows, "plain bisection", 0).meanBuilds / max(row(rows, "almanac", 0).meanBuilds, 1)
        print("")
        print("Plain bisection needs \(rounded(ratio, 2)) times as many builds.")
    }

    private static func line(_ row: Row) -> String {
        "| \(rounded(row.flakeRate * 100, 0)) % | \(row.name) | \(rounded(row.accuracy * 100, 1)) % "
            + "| \(rounded(row.medianPerEdge, 1)) | \(rounded(row.meanPerEdge, 1)) | \(rounded(row.meanBuilds, 1)) |"
    }

    private static func rounded(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let whole = Int(value * Double(scale) + 0.5)
        if digits == 0 { return String(whole) }
        let fraction = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
