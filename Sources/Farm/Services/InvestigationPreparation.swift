// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Jobsets
import StoreDaemon
import TimeTravel

/// Makes the subject of an investigation: under which conditions the package should build, and which instants its own
/// files name.
struct InvestigationPreparation: Sendable {
    private let database: FarmDatabase
    private let store: HostStore
    private let kernel: KernelRelease
    private let now: @Sendable () -> Instant

    init(database: FarmDatabase, store: HostStore, kernel: KernelRelease, now: @escaping @Sendable () -> Instant) {
        self.database = database
        self.store = store
        self.kernel = kernel
        self.now = now
    }

    func callAsFunction(
        _ investigation: OpenInvestigation, _ context: InvestigationContext
    ) async throws -> (Subject, [Candidate]) {
        var wanted = ReferenceConditions()
        if let number = context.jobset, let jobset = try await database.jobset(number) {
            wanted = jobset.description.reference
        }
        let reference = wanted.conditions(
            release: context.earliestRevision ?? now(), now: now(), models: CPUModel.emulated, defaultKernel: kernel,
            defaultCores: context.screening.first?.cores ?? 1)
        let subject = Subject(
            package: context.package, version: context.version, derivation: investigation.derivationPath,
            screening: context.screening, reference: reference, releases: context.releases, kernels: [kernel],
            precision: .day, earlierWindows: context.earlierWindows)
        return (subject, [])
    }
}
