// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
package import Postgres
package import TimeTravel

/// A build that a worker leased, with the run that was opened for it.
package struct ClaimedBuild: Sendable {
    package let build: Int
    package let run: Int64
    package let derivation: Int
    /// Base name of the `.drv` in the store.
    package let derivationPath: String
    package let conditions: Conditions
    package let jobset: Int?
    package let isInvestigation: Bool
    /// Whether the outputs are in the farm's store already, so that this run's need not be kept.
    package let isAvailable: Bool
}

/// What a worker saw of a run.
package struct RunReport: Sendable {
    package var outcome: Outcome
    package var reason: String?
    package var guestBegan: Instant?
    package var guestEnded: Instant?
    package var seconds: Double?
    package var evidence: PostgresJSON?
    package var facts: [LogFact]
    package var logFile: String?
    package var logBytes: Int64?

    package init(
        outcome: Outcome, reason: String? = nil, guestBegan: Instant? = nil, guestEnded: Instant? = nil,
        seconds: Double? = nil, evidence: PostgresJSON? = nil, facts: [LogFact] = [], logFile: String? = nil,
        logBytes: Int64? = nil
    ) {
        self.outcome = outcome
        self.reason = reason
        self.guestBegan = guestBegan
        self.guestEnded = guestEnded
        self.seconds = seconds
        self.evidence = evidence
        self.facts = facts
        self.logFile = logFile
        self.logBytes = logBytes
    }
}

extension FarmDatabase {
    /// Leases up to `count` ready builds that the worker can make, and opens a run for each: the highest priority first,
    /// then the jobset that uses the least of its share, then the longest chain of dependents.
    ///
    /// - Parameter freeMemory: MiB; a jobset whose guests ask for more is passed over. Nil: no limit.
    package func claim(worker: Int, count: Int, freeMemory: Int? = nil) async throws -> [ClaimedBuild] {
        try await pool.query(
            """
            select c.build_id, c.run_id, b.derivation_id, d.hash, d.name, b.jobset_id, b.investigation_id is not null probe,
                   d.availability = 'available' available, k.date, k.cpu, k.kernel, k.cores
            from claim_builds($1, $2, $3) c join build b on b.id = c.build_id
            join derivation d on d.id = b.derivation_id join conditions k on k.id = b.conditions_id
            """, [worker, count, freeMemory]
        ).map { row in
            ClaimedBuild(
                build: try row.decode("build_id"), run: try row.decode("run_id"),
                derivation: try row.decode("derivation_id"), derivationPath: try row.derivationPath(),
                conditions: try row.conditions(), jobset: try row.decode("jobset_id"),
                isInvestigation: try row.decode("probe"), isAvailable: try row.decode("available"))
        }
    }

    /// Records what a run showed and moves its build, in one transaction; a screening build that failed gets an
    /// investigation, one that succeeded under all its screening conditions is sound.
    ///
    /// - Returns: false when the run was closed before; then nothing changes.
    package func finish(_ claim: ClaimedBuild, _ report: RunReport) async throws -> Bool {
        try await finish([(claim.run, report)]) == [claim.run]
    }

    /// Records what any number of runs showed, in one transaction.
    ///
    /// The transaction itself does not wait for the disk: until it ends, it holds what waits for these builds, which are
    /// often what other workers' builds are waited for by too. The second statement waits, for both.
    ///
    /// - Returns: the runs that were open, once that is on disk; for the others nothing changes.
    package func finish(_ reports: [(run: Int64, report: RunReport)]) async throws -> Set<Int64> {
        let document = try RunReport.document(reports)
        var isAgain = false
        let closed = try await pool.transaction { connection in
            // Runs that make what had been given up need the queue alone, and have it with each other by then: PostgreSQL
            // fails all but one of them. Once more, it is taken alone before anything else, where nobody can be in the way.
            if isAgain { _ = try await connection.query("select pg_advisory_xact_lock(4711)") }
            isAgain = true
            let rows = try await connection.query(
                """
                select finish_runs($1, $2, make_interval(secs => $3)) closed, set_config('synchronous_commit', 'off', true)
                """, [document, Self.lossLimit, lossBackOff / .seconds(1)])
            return Set(try rows.first?.decode("closed", as: [Int64].self) ?? [])
        }
        // A commit that has something to write waits for all that was written before it. Also for a report that was made
        // before: whoever makes it again may not have lived to see the disk then.
        _ = try await pool.query("select pg_logical_emit_message(true, 'almanac', '')")
        return closed
    }
}

extension RunReport {
    /// The argument of `finish_runs`. Evidence and facts are JSON already and go in as they are.
    fileprivate static func document(_ reports: [(run: Int64, report: RunReport)]) throws -> PostgresJSON {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (index, item) in reports.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let report = item.report
            let plain = Plain(
                run: item.run, outcome: report.outcome, reason: report.reason, began: report.guestBegan?.seconds,
                ended: report.guestEnded?.seconds, seconds: report.seconds, facts: report.facts, file: report.logFile,
                bytes: report.logBytes)
            bytes += try PostgresJSON(encoding: plain).bytes.dropLast()
            if let evidence = report.evidence { bytes += Array(",\"evidence\":".utf8) + evidence.bytes }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
        return PostgresJSON(bytes)
    }

    private struct Plain: Encodable {
        let run: Int64
        let outcome: Outcome
        let reason: String?
        let began: Int64?
        let ended: Int64?
        let seconds: Double?
        let facts: [LogFact]
        let file: String?
        let bytes: Int64?
    }
}

extension PostgresRow {
    /// The base name of a derivation in the store, from the columns `hash` and `name`.
    func derivationPath() throws(PostgresError) -> String {
        try derivationPath(hash: "hash", name: "name")
    }

    func derivationPath(hash: String, name: String) throws(PostgresError) -> String {
        let bytes: [UInt8] = try decode(hash)
        let text: String = try decode(name)
        return "\(Base32.encode(bytes))-\(text).drv"
    }
}
