// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Logging
import Testing
import TimeTravel

extension FarmFixture {
    /// Works off everything that is queued, investigations too; `works` says which derivation builds when.
    func settle(crashes: Bool = false, works: (String, Conditions) -> Bool) async throws {
        for _ in 0..<400 {
            // A new round every time: nothing may live outside the database.
            let round = InvestigationRound(
                database: database, guests: 2, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            ) { investigation, context in
                (
                    Subject(
                        package: context.package, version: context.version, derivation: investigation.derivationPath,
                        screening: context.screening,
                        reference: Conditions(
                            date: Self.start, cpu: .westmere, kernel: screening.kernel, cores: 1),
                        kernels: [screening.kernel], precision: .day), []
                )
            }
            try await round()
            let claims = try await database.claim(worker: worker, count: 2)
            if claims.isEmpty, try await database.progress().isSettled { return }
            for (index, claim) in claims.enumerated() {
                if crashes, index == 1 {
                    try await database.retire(worker: worker)
                    _ = try await database.heartbeat(worker: worker)
                    continue
                }
                try await finish(claim, works(claim.derivationPath, claim.conditions) ? .succeeded : .failed)
            }
        }
        Issue.record("the farm did not settle")
    }
}
