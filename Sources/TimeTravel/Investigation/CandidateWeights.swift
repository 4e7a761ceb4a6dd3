// SPDX-License-Identifier: GPL-3.0-or-later

/// How much each candidate counts, given which end of a window is looked for and what the failed logs say.
struct CandidateWeights {
    private let candidates: [Candidate]
    private let telling: Set<LogFact.Kind>
    private let precision: Precision
    private let origins: [Instant]

    /// The most candidates that are weighed; the lightest are dropped.
    private static let most = 2_000

    init(_ candidates: Set<Candidate>, telling: Set<LogFact.Kind>, subject: Subject) {
        origins = Array(([subject.reference.date] + subject.releases).prefix(3))
        let sorted = candidates.sorted {
            ($0.instant, $0.kind.rawValue, $0.side.rawValue, $0.weight) < (
                $1.instant, $1.kind.rawValue, $1.side.rawValue, $1.weight
            )
        }
        let kept = sorted.count <= Self.most ? sorted : Array(sorted.sorted { $0.weight > $1.weight }.prefix(Self.most))
        self.candidates = kept
        self.telling = telling
        precision = subject.precision
    }

    func prior(_ side: EdgeGap.Side) -> EdgePrior {
        // Several certificates of one test suite share their dates: an instant weighs as its best name, and a little more.
        var byInstant: [Instant: [Double]] = [:]
        for candidate in candidates { byInstant[candidate.instant, default: []].append(weight(candidate, side)) }
        var weighed: [(instant: Instant, weight: Double)] = []
        for (instant, weights) in byInstant {
            let best = weights.max() ?? 0
            let weight = best * (1 + 0.1 * Double(min(weights.count - 1, 10)))
            weighed.append((instant, weight))
            // "valid until" means the last good second to some checks and the first bad one to others.
            weighed.append((instant + 1, weight * 0.12))
            weighed.append((instant + 2, weight * 0.03))
        }
        return EdgePrior(weighed, origins: precision == .day ? [] : origins)
    }

    private func weight(_ candidate: Candidate, _ side: EdgeGap.Side) -> Double {
        let fits =
            switch candidate.side {
            case .either: true
            case .notBefore: side == .lower
            case .notAfter: side == .upper
            }
        let matching = telling.map { $0.emphasis(on: candidate.kind) }.max() ?? 1
        return max(0, candidate.weight) * (fits ? 1 : 0.15) * max(1, matching)
    }
}

extension LogFact.Kind {
    /// How many times likelier a log that says this makes an edge at a candidate of that kind.
    func emphasis(on kind: Candidate.Kind) -> Double {
        let emphasised: (kinds: Set<Candidate.Kind>, factor: Double) =
            switch self {
            case .certificateExpired, .certificateNotYetValid:
                ([.certificateNotBefore, .certificateNotAfter, .revocationListFrom, .revocationListUntil, .logDate], 6)
            case .validityDates: ([.logDate, .certificateNotBefore, .certificateNotAfter, .keyExpiry, .tokenExpiry], 8)
            case .keyExpired: ([.keyExpiry, .keyCreated, .logDate], 8)
            case .signatureExpired, .signatureNotYetValid:
                ([.tokenExpiry, .tokenFrom, .signatureExpiry, .signatureFrom, .keyExpiry], 6)
            case .dataExpired: ([.dataExpiry, .logDate], 6)
            case .signed32Bit: ([.signed32Bit], 40)
            case .unsigned32Bit: ([.unsigned32Bit, .networkTimeEra], 40)
            case .dosTime: ([.yearBoundary], 2)
            case .twoDigitYear: ([.twoDigitPivot, .encodingPivot], 10)
            case .cookieDates: ([.logDate, .literalDate], 8)
            case .yearMismatch: ([.literalYear, .yearBoundary], 6)
            case .dayOutOfRange, .hourShift, .illegalInstruction, .nativeTuning, .dates, .namedFile: ([], 1)
            }
        return emphasised.kinds.contains(kind) ? emphasised.factor : 1
    }
}
