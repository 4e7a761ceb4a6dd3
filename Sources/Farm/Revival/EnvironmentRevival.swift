// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
package import Revival
import Sources
import StoreDaemon

/// The reviving of one environment: its plan, and what servers and places have told so far.
package struct EnvironmentRevival: Sendable {
    /// How far a stage is.
    package struct Progress: Sendable, Equatable {
        package enum Stage: String, Sendable {
            case substitutes = "looking for substitutes"
            case sources = "asking for sources"
            case fetching = "fetching"
        }

        package let stage: Stage
        package let done: Int
        /// Nil until it is known.
        package let all: Int?
    }

    package typealias Report = @Sendable (Progress) -> Void

    package let environment: RevivalEnvironment
    private let reviver: Reviver
    package private(set) var plan: RevivalPlan
    /// The same, as if no source were in the store: what a report tells of.
    private var everything: RevivalPlan
    private var offers: [StorePath: SubstituteServers.Offer] = [:]
    /// What servers did wrong, with how often.
    package private(set) var problems: [String: Int] = [:]
    /// By output, as far as they were asked for or fetched.
    package private(set) var sources: [StorePath: RevivalSource] = [:]
    private var asked = 0

    package init(_ environment: RevivalEnvironment, _ reviver: Reviver) async throws {
        self.environment = environment
        self.reviver = reviver
        plan = try RevivalPlan(closure: environment.closure, roots: environment.roots)
        everything = plan
        try await look()
    }

    /// Looks into the store.
    package mutating func look() async throws {
        let outputs = environment.outputs
        let valid = try await reviver.store.withConnection { try await $0.validPaths(among: outputs) }
        plan.note(present: valid)
        let fixed = Set(
            environment.closure.filter(\.derivation.isFixedOutput).flatMap { $0.derivation.outputs.compactMap(\.path) })
        everything.note(present: valid.subtracting(fixed))
    }

    // MARK: Substitutes

    private static let width = 16

    /// Asks servers for all that the plan needs to know.
    package mutating func askForSubstitutes(_ report: Report = { _ in }) async throws {
        while true {
            let questions = Array(Set(plan.questions() + everything.questions()))
            if questions.isEmpty { return }
            let (servers, before) = (reviver.servers, asked)
            for (path, found) in try await concurrently(
                questions, width: Self.width,
                { number in
                    report(Progress(stage: .substitutes, done: before + number, all: nil))
                }, { try await servers.look(for: $0) })
            {
                take(found, for: path)
            }
            asked += questions.count
        }
    }

    private mutating func take(_ found: SubstituteServers.Found, for path: StorePath) {
        switch found {
        case .offered(let offer):
            offers[path] = offer
            answer(path, .offered(references: offer.info.references))
        case .none(let problems):
            for problem in problems {
                self.problems[problem.replacing(" (it is asked no more)", with: ""), default: 0] += 1
            }
            answer(path, .none)
        }
    }

    private mutating func answer(_ path: StorePath, _ answer: RevivalPlan.Answer) {
        plan.answer(path, answer)
        everything.answer(path, answer)
    }

    /// Bytes to fetch for the substitutes that are needed, as far as servers tell.
    package var substituteBytes: UInt64 {
        plan.outline().substitutes.reduce(0) { $0 + (offers[$1]?.size ?? offers[$1]?.info.narSize ?? 0) }
    }

    // MARK: Sources

    /// Asks, without fetching, where each source that is needed is to be had.
    ///
    /// - Returns: every source that the environment needs, those in the store too, by name.
    package mutating func survey(_ report: @escaping Report = { _ in }) async throws -> [RevivalSource] {
        try await askForSubstitutes(report)
        let users = everything.users()
        let needed = everything.outline().sources
        var records: [RevivalSource] = []
        var open: [RevivalOutline.Source] = []
        for source in needed {
            if plan.isPresent(source.output) {
                records.append(record(source, users))
            } else {
                open.append(source)
            }
        }
        let (realiser, probe, count) = (reviver.engines.realiser, reviver.probe, open.count)
        let asked = try await concurrently(
            open, width: Self.width,
            { number in
                report(Progress(stage: .sources, done: number, all: count))
            },
            { source in
                var prospects: [SourceRealiser.Prospect] = []
                for derivation in source.derivations {
                    prospects.append(try await realiser.ask(derivation, with: probe))
                    if prospects.last?.findings.contains(where: { $0.answer == .present }) ?? false { break }
                }
                return prospects
            })
        for (source, prospects) in asked {
            var record = record(source, users)
            for prospect in prospects { record.judge(prospect) }
            sources[source.output] = record
            records.append(record)
        }
        return records.sorted { ($0.name, $0.output) < ($1.name, $1.output) }
    }

    private func record(_ source: RevivalOutline.Source, _ users: [StorePath: [Int]]) -> RevivalSource {
        let numbers = users[source.derivations[0]] ?? []
        return RevivalSource(source, neededBy: numbers.map { environment.names[$0] })
    }

    // MARK: Fetching

    /// Brings every substitute and source that is needed and to be had into the store; what fails does not stop the
    /// rest, and is planned around where it can be.
    package mutating func fetch(_ report: @escaping Report = { _ in }) async throws {
        var tried: Set<StorePath> = []
        var done = 0
        while true {
            try await askForSubstitutes(report)
            let outline = plan.outline()
            let items = outline.substitutes.compactMap { offers[$0] }.filter { offer in
                !tried.contains(offer.info.path)
                    && offer.info.references.allSatisfy { $0 == offer.info.path || plan.isPresent($0) }
            }
            let open = outline.sources.filter { !tried.contains($0.output) }
            if items.isEmpty && open.isEmpty { return }
            tried.formUnion(items.map(\.info.path) + open.map(\.output))
            let all = done + outline.substitutes.count + outline.sources.count
            try await fetch(items, done, all, report)
            try await fetch(open, done + items.count, all, report)
            done += items.count + open.count
        }
    }

    private mutating func fetch(
        _ items: [SubstituteServers.Offer], _ done: Int, _ all: Int, _ report: @escaping Report
    ) async throws {
        let fetcher = SubstituteFetcher(
            servers: reviver.servers, store: reviver.store, fetcher: reviver.engines.fetcher)
        let results = try await concurrently(
            items, width: 4,
            { number in
                report(Progress(stage: .fetching, done: done + number, all: all))
            },
            { offer -> String? in
                do {
                    _ = try await fetcher.fetch(offer)
                    return nil
                } catch let error as CancellationError {
                    throw error
                } catch {
                    return "\(offer.info.path.baseName): \(error)"
                }
            })
        for (offer, problem) in results {
            let path = offer.info.path
            if let problem {
                problems[problem, default: 0] += 1
                answer(path, .none)
            } else {
                note(present: path)
            }
        }
    }

    private mutating func note(present path: StorePath) {
        plan.note(present: [path])
        if environment.closure.first(where: { $0.derivation.outputs[0].path == path })?.derivation.isFixedOutput != true
        {
            everything.note(present: [path])
        }
    }

    private mutating func fetch(
        _ open: [RevivalOutline.Source], _ done: Int, _ all: Int, _ report: @escaping Report
    ) async throws {
        let realiser = reviver.engines.realiser
        let users = plan.users()
        let results = try await concurrently(
            open, width: 4,
            { number in
                report(Progress(stage: .fetching, done: done + number, all: all))
            },
            { source -> (from: String?, findings: [PlaceFinding]) in
                var findings: [PlaceFinding] = []
                for derivation in source.derivations {
                    do {
                        return (try await realiser.bring(derivation) ?? "the store", [])
                    } catch let error as CancellationError {
                        throw error
                    } catch let error as SourceError {
                        findings += error.findings
                    } catch {
                        findings.append(PlaceFinding(place: "store", address: "", answer: .silent, reason: "\(error)"))
                    }
                }
                return (nil, findings)
            })
        for (source, result) in results {
            var record = sources[source.output] ?? record(source, users)
            record.take(from: result.from, result.findings)
            sources[source.output] = record
            if result.from != nil {
                plan.note(present: [source.output])
            } else {
                for derivation in source.derivations { give(up: derivation) }
            }
        }
    }

    /// Notes that a build does not succeed, or that a source is not to be had.
    package mutating func give(up derivation: StorePath) {
        plan.give(up: derivation)
        everything.give(up: derivation)
    }

    /// The sources that are needed and could not be had, by name.
    package var missingSources: [RevivalSource] {
        plan.outline().lost.compactMap { sources[$0.output] }.sorted { ($0.name, $0.output) < ($1.name, $1.output) }
    }
}

/// Runs `body` for each item, `width` at a time, and gives the results in the order of the items.
///
/// - Parameter progress: hears how many are done.
func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], width: Int, _ progress: (Int) -> Void, _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [(Item, Result)] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [Result?] = Array(repeating: nil, count: items.count)
        var (next, done) = (0, 0)
        while next < min(width, items.count) {
            let number = next
            group.addTask { (number, try await body(items[number])) }
            next += 1
        }
        while let (number, result) = try await group.next() {
            results[number] = result
            done += 1
            progress(done)
            if next < items.count {
                let number = next
                group.addTask { (number, try await body(items[number])) }
                next += 1
            }
        }
        return zip(items, results).compactMap { item, result in result.map { (item, $0) } }
    }
}
