// SPDX-License-Identifier: GPL-3.0-or-later

/// The dates at which a whole set of packages builds, all at one date: what the windows of its traps have in common.
package struct TravelHorizon: Codable, Hashable, Sendable {
    /// Ascending; empty when there is no one date at which everything builds.
    package private(set) var spans: [Span]
    /// Traps whose failures come back by a rule: within every span, but for those days.
    package private(set) var exceptions: [Exception] = []
    /// Traps on other axes than the date: the spans hold where these annotations are followed.
    package private(set) var requirements: [Requirement] = []

    /// Dates at which everything builds, and the trap that ends them on either side, nil where none is known.
    package struct Span: Codable, Hashable, Sendable {
        package var notBefore: Limit?
        package var notAfter: Limit?
    }

    /// The last date that is proven good at one end of a span.
    package struct Limit: Codable, Hashable, Sendable {
        package var instant: Instant
        package var trap: Int
        package var package: String
        package var version: String
    }

    package struct Exception: Codable, Hashable, Sendable {
        package var trap: Int
        package var package: String
        package var version: String
        package var rule: String
    }

    package struct Requirement: Codable, Hashable, Sendable {
        package var trap: Int
        package var package: String
        package var version: String
        package var annotation: Annotation
    }

    /// - Parameter traps: those of all derivations in the set; disputed ones count for nothing.
    package init(of traps: [TrapRecord]) {
        spans = [Span()]
        for trap in traps.sorted(by: { $0.id < $1.id }) where trap.status != .disputed {
            if !trap.windows.isEmpty {
                spans = spans.flatMap { span in trap.windows.compactMap { trap.cut(span, to: $0) } }
            }
            if let periodic = trap.periodic {
                exceptions.append(
                    Exception(trap: trap.id, package: trap.package, version: trap.version, rule: periodic.rule))
            }
            if trap.axis != .date || trap.verdict == .combinedTrap {
                requirements.append(
                    Requirement(
                        trap: trap.id, package: trap.package, version: trap.version, annotation: trap.annotation))
            }
        }
        spans.sort { ($0.notBefore?.instant ?? .earliest) < ($1.notBefore?.instant ?? .earliest) }
    }

    /// Traps whose windows have no date in common with those before them; empty where `spans` is not.
    package static func conflict(in traps: [TrapRecord]) -> [TrapRecord] {
        var kept: [TrapRecord] = []
        for trap in traps.sorted(by: { $0.id < $1.id }) {
            if TravelHorizon(of: kept + [trap]).spans.isEmpty {
                // One of those before may be enough to exclude it.
                return (kept.first { TravelHorizon(of: [$0, trap]).spans.isEmpty }.map { [$0] } ?? kept) + [trap]
            }
            kept.append(trap)
        }
        return []
    }
}

extension TrapRecord {
    /// What is left of a span within one of this trap's windows.
    fileprivate func cut(_ span: TravelHorizon.Span, to window: Window) -> TravelHorizon.Span? {
        let limit = { (instant: Instant) in
            TravelHorizon.Limit(instant: instant, trap: self.id, package: self.package, version: self.version)
        }
        var span = span
        if let edge = window.notBefore, span.notBefore.map({ $0.instant < edge.firstGood }) ?? true {
            span.notBefore = limit(edge.firstGood)
        }
        if let edge = window.notAfter, span.notAfter.map({ $0.instant > edge.lastGood }) ?? true {
            span.notAfter = limit(edge.lastGood)
        }
        if let first = span.notBefore, let last = span.notAfter, first.instant > last.instant { return nil }
        return span
    }
}
