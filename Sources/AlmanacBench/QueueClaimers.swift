// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Synchronization
import TimeTravel

/// Workers that claim, and at once report success.
struct QueueClaimers: Sendable {
    let database: FarmDatabase
    let batch: Int
    let ledger: ClaimLedger

    /// Lets `count` workers go on until together they have finished `limit` builds, or nothing is ready any more.
    ///
    /// - Returns: builds finished, and seconds.
    func run(_ count: Int, limit: Int) async throws -> (builds: Int, seconds: Double) {
        var workers: [Int] = []
        for number in 0..<count {
            workers.append(
                try await database.registerWorker(
                    WorkerOffer(name: "claimer-\(number)", host: "bench", capacity: batch)))
        }
        let start = ContinuousClock.now
        let before = ledger.finished
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers {
                group.addTask {
                    while ledger.finished - before < limit, try await cycle(worker) > 0 {}
                }
            }
            try await group.waitForAll()
        }
        return (ledger.finished - before, (ContinuousClock.now - start) / .seconds(1))
    }

    /// Claims a batch and reports it, but for builds of `spared`, which stay leased.
    private func cycle(_ worker: Int) async throws -> Int {
        let claims = try await database.claim(worker: worker, count: batch)
        if claims.isEmpty { return 0 }
        ledger.claimed(claims.map(\.build))
        let closed = try await database.finish(claims.map { ($0.run, QueueLaboratory.report(.succeeded, $0)) })
        ledger.finished(closed.count)
        return claims.count
    }

    /// Claims and reports in batches until the build of `derivation` is among them; that one stays leased.
    func runUntil(derivation: String, worker: Int, limit: Int) async throws -> ClaimedBuild {
        var claims = 0
        while claims < limit {
            let batch = try await database.claim(worker: worker, count: batch)
            if batch.isEmpty { break }
            claims += batch.count
            ledger.claimed(batch.map(\.build))
            let found = batch.first { $0.derivationPath == derivation }
            let others = batch.filter { $0.derivationPath != derivation }
            ledger.finished(
                try await database.finish(others.map { ($0.run, QueueLaboratory.report(.succeeded, $0)) }).count)
            if let found { return found }
        }
        throw QueueBenchmarkError.culpritNeverReady(claims)
    }
}

/// Who was given which build: one given twice is a duplicate, unless it was given back in between.
final class ClaimLedger: Sendable {
    private struct State {
        var held: Set<Int> = []
        var duplicates = 0
        var finished = 0
    }
    private let state = Mutex(State())

    var duplicates: Int { state.withLock { $0.duplicates } }
    var finished: Int { state.withLock { $0.finished } }

    func claimed(_ builds: [Int]) {
        state.withLock { state in
            for build in builds where !state.held.insert(build).inserted { state.duplicates += 1 }
        }
    }

    func givenBack(_ builds: [Int]) {
        state.withLock { $0.held.subtract(builds) }
    }

    func finished(_ count: Int) {
        state.withLock { $0.finished += count }
    }
}
