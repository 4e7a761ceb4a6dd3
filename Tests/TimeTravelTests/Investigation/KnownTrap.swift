// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import TimeTravel

/// A trap of a real package whose edges were measured to the second, as `Fixtures/traps.json` holds them.
struct KnownTrap: Decodable, Sendable, CustomTestStringConvertible {
    var id: String
    var package: String
    var version: String
    var release: Instant
    var firstGood: Instant?
    var lastGood: Instant?
    var kind: String
    var timeZone: String
    var log: [String]
    var observed: [Observation]

    struct Observation: Decodable, Sendable {
        var date: Instant
        var passed: Bool
    }

    var testDescription: String { id }

    static let all: [KnownTrap] = {
        guard let url = Bundle.module.url(forResource: "traps", withExtension: "json", subdirectory: "Fixtures"),
            let data = try? Data(contentsOf: url), let traps = try? JSONDecoder().decode([KnownTrap].self, from: data)
        else { return [] }
        return traps
    }()

    static func named(_ id: String) -> KnownTrap? { all.first { $0.id == id } }

    /// What was measured, in UTC; dates of the one trap with a time zone are New York's winter time.
    var measured: [Observation] {
        observed.map { Observation(date: timeZone == "UTC" ? $0.date : $0.date + 18_000, passed: $0.passed) }
    }

    /// Whether the package works at an instant: the measured edges, or the measured rule.
    func works(_ instant: Instant) -> Bool {
        switch kind {
        case "periodic-leap-day":
            return !(instant.date.month == 2 && instant.date.day == 29)
        case "periodic-dst":
            // New York: from 07:00 UTC of a change for two days, an hour less in autumn.
            return !(0...2).contains { days in
                let day = instant.date.adding(days: -days)
                guard day.weekday == 7 else { return false }
                let isSpring = day.month == 3 && (8...14).contains(day.day)
                let isAutumn = day.month == 11 && day.day <= 7
                let since = instant - day.start
                return (isSpring && (25_200..<198_000).contains(since))
                    || (isAutumn && (25_200..<194_400).contains(since))
            }
        default:
            return instant >= firstGood ?? .earliest && instant <= lastGood ?? .latest
        }
    }

    /// What the log of a build that failed at `instant` says; lines of the other side do not appear on this one.
    func facts(_ instant: Instant) -> [LogFact] {
        let isAfter = instant > lastGood ?? .latest
        let isBefore = instant < firstGood ?? .earliest
        return LogMiner.facts(in: Array(log.joined(separator: "\n").utf8)).filter { fact in
            switch fact.side {
            case nil: true
            case .after: isAfter || !isBefore
            case .before: isBefore
            }
        }
    }

    func planted(flakeRate: Double = 0, seconds: ClosedRange<Int64> = 8...25) -> PlantedTrap {
        PlantedTrap(flakeRate: flakeRate, seconds: seconds, facts: { instant, _ in self.facts(instant) }) {
            instant, _ in
            self.works(instant)
        }
    }

    /// Instants that the package's files hold: its certificates' validity, or the literal that matters.
    var mined: [Candidate] {
        let place = Evidence(kind: .file, path: "tests/data", offset: 100, length: 900, text: "found in \(package)")
        let candidate = { (kind: Candidate.Kind, instant: Instant, side: Candidate.Side) in
            Candidate(kind: kind, instant: instant, side: side, weight: 1, origin: place)
        }
        var found: [Candidate] = []
        switch kind {
        case "x509-window" where id != "toolbelt-x509":
            if let firstGood { found.append(candidate(.certificateNotBefore, firstGood, .notBefore)) }
            if let lastGood { found.append(candidate(.certificateNotAfter, lastGood + 1, .notAfter)) }
        case "x509-lower", "x509-generated":
            if let firstGood { found.append(candidate(.literalDate, firstGood, .either)) }
            if let lastGood { found.append(candidate(.literalDate, lastGood + 1, .either)) }
        case "cookie-expiry":
            if let lastGood { found.append(candidate(.literalDate, lastGood - 1, .either)) }
        case "hard-coded-year":
            found.append(candidate(.literalYear, CivilDate(firstOf: 2019).start, .either))
        default:
            break
        }
        return found
    }
}
