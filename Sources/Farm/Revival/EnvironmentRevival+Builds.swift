// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
package import Jobsets
import Revival
package import TimeTravel

/// A build that an environment lacks.
package struct RevivalFailure: Encodable, Sendable, Equatable {
    /// Store path of the derivation.
    package let derivation: String
    package let build: Int
    package let conditions: Conditions
    /// The number of the annotation that these come from; null where the catalog has none for the package.
    package let annotation: Int?
    package let state: String
    package let error: String?
    /// The last run's number; its log is shown by 'almanac log'.
    package let run: Int64?
    /// Whether the farm is looking for conditions under which it builds.
    package let isUnderInvestigation: Bool
}

/// How the builds of a revival stand.
package struct RevivalBuildProgress: Sendable, Equatable {
    package var succeeded = 0
    package var running = 0
    package var waiting = 0
    package var failed = 0
    package var investigated = 0

    init(_ states: [RevivalBuildState]) {
        for state in states {
            switch state.state {
            case "succeeded": succeeded += 1
            case "leased": running += 1
            case "blocked", "ready": waiting += 1
            default: failed += 1
            }
            if state.isUnderInvestigation { investigated += 1 }
        }
    }
}

extension EnvironmentRevival {
    /// How to build.
    package struct BuildPlan: Sendable {
        package var jobset: JobsetDescription
        /// Conditions of what has no annotation.
        package var usual: Conditions
        /// Whether what failed before is tried again.
        package var again: Bool
        /// Whether to wait for the farm to find conditions under which a failed build works, and to go on then.
        package var waitsForInvestigations: Bool

        package init(
            jobset: JobsetDescription, usual: Conditions, again: Bool = false, waitsForInvestigations: Bool = false
        ) {
            self.jobset = jobset
            self.usual = usual
            self.again = again
            self.waitsForInvestigations = waitsForInvestigations
        }
    }

    /// Has the farm build what nobody offers, and waits until nothing more of it can be built.
    ///
    /// The builds are in the farm's database: what is interrupted goes on with the next call.
    ///
    /// - Parameters:
    ///   - pause: waits until something may have changed; its errors pass through.
    /// - Returns: the builds that did not succeed.
    package mutating func build(
        _ how: BuildPlan, in database: FarmDatabase, now: Instant, pause: () async throws -> Void,
        report: (RevivalBuildProgress) -> Void = { _ in }
    ) async throws -> [RevivalFailure] {
        let paths = plan.outline().builds
        if paths.isEmpty { return [] }
        let conditions = RevivalConditions(
            usual: how.usual, annotations: try await database.annotations(among: paths))
        let orders = paths.map(conditions.order)
        let plan = plan
        let batch = IngestBatch(closure: environment.closure) { derivation in
            derivation.outputs.allSatisfy { $0.path.map(plan.isPresent) ?? false }
        }
        let jobset = try await database.record(revival: how.jobset, of: environment, batch: batch, now: now)
        let builds = try await database.queue(
            revival: jobset, orders, present: present(for: paths), again: how.again)
        var states = try await database.revivalStates(of: builds)
        while !Self.isSettled(states, how) {
            report(RevivalBuildProgress(states))
            try await pause()
            states = try await database.revivalStates(of: builds)
        }
        report(RevivalBuildProgress(states))
        try await look()
        return try failures(orders, states)
    }

    /// Derivations that the builds use and whose outputs are in the store as far as they do.
    private func present(for paths: [StorePath]) -> [StorePath] {
        var present: Set<StorePath> = []
        for path in paths {
            for (input, outputs) in environment.inputs(of: path) where outputs.allSatisfy(plan.isPresent) {
                present.insert(input)
            }
        }
        return present.sorted()
    }

    /// Nothing that waits can move unless something else does first.
    private static func isSettled(_ states: [RevivalBuildState], _ how: BuildPlan) -> Bool {
        !states.contains { $0.isMoving }
            && !(how.waitsForInvestigations && states.contains { $0.isUnderInvestigation })
    }

    /// Of what is still missing, that which failed by itself.
    private mutating func failures(
        _ orders: [RevivalOrder], _ states: [RevivalBuildState]
    ) throws -> [RevivalFailure] {
        var failures: [RevivalFailure] = []
        for (order, state) in zip(orders, states) where state.state == "failed" || state.state == "cancelled" {
            let outputs = environment[order.derivation]?.outputs.compactMap(\.path) ?? []
            if outputs.allSatisfy(plan.isPresent) { continue }
            give(up: order.derivation)
            failures.append(
                RevivalFailure(
                    derivation: order.derivation.description, build: state.build, conditions: order.conditions,
                    annotation: order.annotation, state: state.state, error: state.error, run: state.run,
                    isUnderInvestigation: state.isUnderInvestigation))
        }
        return failures
    }
}
