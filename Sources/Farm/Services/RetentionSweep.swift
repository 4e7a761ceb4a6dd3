// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
package import Logging
package import StoreDaemon
package import TimeTravel

/// Applies the jobsets' retention: finds what they no longer keep, and gives it up.
///
/// Each step is a small transaction, and what is to be deleted from disk is noted in it: a sweep that is cut short goes on
/// with the next one, and nothing that came to be needed meanwhile is touched.
package struct RetentionSweep: Sendable {
    /// Derivations and logs in a transaction.
    static let batch = 500

    private let database: FarmDatabase
    private let store: HostStore
    private let data: DataDirectory
    private let logger: Logger
    private let now: @Sendable () -> Instant

    package init(
        database: FarmDatabase, store: HostStore, data: DataDirectory, logger: Logger,
        now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.store = store
        self.data = data
        self.logger = logger
        self.now = now
    }

    // MARK: Looking

    /// What a sweep would give up now, by jobset; what goes once evaluations are gone is not in it yet.
    package func plan() async throws -> [RetentionRecord] {
        let present = now()
        let outputs = try await database.expiredOutputs(present: present)
        let expired = ExpiredItems(
            evaluations: try await database.expiredEvaluations(),
            logs: try await database.expiredLogs(present: present), outputs: outputs)
        return try await records(expired, sizes: try await sizes(of: outputs.map(\.derivation)))
    }

    private func records(_ expired: ExpiredItems, sizes: [Int: Int]) async throws -> [RetentionRecord] {
        let names = try await database.jobsetNames()
        var records: [Int: RetentionRecord] = [:]
        func add(_ jobset: Int?, _ change: (inout RetentionRecord) -> Void) {
            change(&records[jobset ?? 0, default: RetentionRecord(jobset: jobset.flatMap { names[$0] })])
        }
        for one in expired.evaluations {
            add(one.jobset) {
                $0.evaluations += 1
                $0.jobs += one.jobs
            }
        }
        for one in expired.logs {
            add(one.jobset) {
                $0.logs += 1
                $0.logBytes += one.bytes
            }
        }
        for one in expired.outputs {
            add(one.jobset) {
                $0.outputs += 1
                $0.outputBytes += sizes[one.derivation] ?? 0
            }
        }
        return records.values.sorted { ($0.jobset ?? "") < ($1.jobset ?? "") }
    }

    /// Bytes of the outputs of derivations, as archives.
    private func sizes(of derivations: [Int]) async throws -> [Int: Int] {
        if derivations.isEmpty { return [:] }
        let paths = try await database.outputPaths(of: derivations)
        let directory = store.logicalDirectory
        return try await store.withConnection { connection in
            var sizes: [Int: Int] = [:]
            for (derivation, name) in paths {
                guard let path = try? StorePath(directory, baseName: name),
                    let info = try await connection.pathInfo(of: path)
                else { continue }
                sizes[derivation, default: 0] += Int(clamping: info.narSize)
            }
            return sizes
        }
    }

    // MARK: Doing

    /// Gives up what is no longer kept.
    ///
    /// - Returns: what was given up, by jobset; a jobset's bytes of outputs are those that were in the store.
    package func callAsFunction() async throws -> [RetentionRecord] {
        var done = ExpiredItems()
        for evaluation in try await database.expiredEvaluations() {
            _ = try await database.remove(evaluation: evaluation.id)
            done.evaluations.append(evaluation)
        }
        let logs = try await database.expiredLogs(present: now())
        for start in stride(from: 0, to: logs.count, by: Self.batch) {
            let batch = logs[start..<min(start + Self.batch, logs.count)]
            if try await database.free(logs: batch.map(\.run)) > 0 { done.logs += batch }
        }
        let outputs = try await database.expiredOutputs(present: now())
        let sizes = try await sizes(of: outputs.map(\.derivation))
        for start in stride(from: 0, to: outputs.count, by: Self.batch) {
            let batch = outputs[start..<min(start + Self.batch, outputs.count)]
            let freed = Set(try await database.free(outputs: batch.map(\.derivation)))
            done.outputs += batch.filter { freed.contains($0.derivation) }
        }
        try await deleteFiles()
        return try await records(done, sizes: sizes)
    }

    /// Deletes what was given up from the disk, and sets the roots of what must stay.
    private func deleteFiles() async throws {
        let data = data
        try await database.deleteExpiredLogs { run in
            let path = data.log(ofRun: run)
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        }
        try await store.roots?.set(try await database.storeRoots()) {
            // In this order: what is recorded in between is in one of them.
            try await database.comingStoreRoots().union(try await database.storeRoots())
        }
        guard try await database.expiredOutputCount() > 0 else { return }
        let (store, directory) = (store, store.logicalDirectory)
        // What something that stays refers to is alive: it is asked for again with the next sweep.
        let dead = try await store.withConnection { try await $0.deadPaths() }
        var (last, freed) = ("", UInt64(0))
        while true {
            let bytes = Tally()
            let next = try await database.deleteExpiredOutputs(after: last) { names in
                let paths = names.compactMap { try? StorePath(directory, baseName: $0) }
                let doomed = paths.filter(dead.contains)
                let valid = try await store.withConnection { connection in
                    if !doomed.isEmpty { await bytes.add(try await connection.delete(doomed)) }
                    return try await connection.validPaths(among: paths)
                }
                return names.filter { name in !valid.contains { $0.baseName == name } }
            }
            freed += await bytes.value
            guard let next else { break }
            last = next
        }
        if freed > 0 { logger.info("Outputs were deleted from the store", metadata: ["bytes": "\(freed)"]) }
    }
}

private actor Tally {
    private(set) var value: UInt64 = 0

    func add(_ more: UInt64) { value += more }
}
