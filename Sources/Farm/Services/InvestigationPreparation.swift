// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Jobsets
import Sources
import StoreDaemon
import TimeTravel

/// Makes the subject of an investigation: under which conditions the package should build, and which instants its own
/// files name.
struct InvestigationPreparation: Sendable {
    private let database: FarmDatabase
    private let store: HostStore
    private let kernel: KernelRelease
    private let kernels: @Sendable () async throws -> [KernelRelease]
    private let now: @Sendable () -> Instant

    /// - Parameters:
    ///   - kernel: the one that builds get unless something else is asked for.
    ///   - kernels: all that guests here can be given.
    init(
        database: FarmDatabase, store: HostStore, kernel: KernelRelease,
        kernels: @escaping @Sendable () async throws -> [KernelRelease], now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.store = store
        self.kernel = kernel
        self.kernels = kernels
        self.now = now
    }

    func callAsFunction(
        _ investigation: OpenInvestigation, _ context: InvestigationContext
    ) async throws -> (Subject, [Candidate]) {
        var wanted = ReferenceConditions()
        var precision = Precision.minute
        if let number = context.jobset, let jobset = try await database.jobset(number) {
            wanted = jobset.description.reference
            precision = jobset.description.precision
        }
        let reference = wanted.conditions(
            release: context.earliestRevision ?? now(), now: now(), models: CPUModel.emulated, defaultKernel: kernel,
            defaultCores: context.screening.first?.cores ?? 1)
        let subject = Subject(
            package: context.package, version: context.version, derivation: investigation.derivationPath,
            screening: context.screening, reference: reference, releases: context.releases,
            kernels: try await kernels(),
            precision: precision, earlierWindows: context.earlierWindows)
        return (subject, try await candidates(in: investigation.derivationPath))
    }

    /// Instants named by the sources that the derivation uses directly; nothing of them is run.
    private func candidates(in derivationPath: String) async throws -> [Candidate] {
        let derivation = try store.derivation(at: try StorePath(store.logicalDirectory, baseName: derivationPath))
        var miner = SourceMiner()
        for input in derivation.inputDerivations {
            let source = try store.derivation(at: input.path)
            guard source.isFixedOutput, let output = source.outputs.first?.path else { continue }
            let found = await SourceContents.read(store.physicalPath(of: output), name: output.name)
            if let found { miner.add(path: found.name, bytes: found.bytes) }
        }
        return miner.candidates
    }
}
