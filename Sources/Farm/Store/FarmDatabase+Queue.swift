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
    package func registerWorker(name: String, host: String, capacity: Int) async throws -> Int {
        let rows = try await pool.query(
            "insert into worker (name, host, capacity) values ($1, $2, $3) returning id", [name, host, capacity])
        guard let row = rows.first else { throw PostgresError.decoding(column: "id", reason: "no row") }
        return try row.decode("id")
    }

    /// Says that a worker lives. Returns false when the farm took it for lost meanwhile and gave its builds to others;
    /// it is counted in again from now on.
    package func heartbeat(worker: Int) async throws -> Bool {
        let rows = try await pool.query(
            """
            update worker w set heartbeat = clock_timestamp(),
                                state = case when w.state = 'gone' then 'active'::worker_state else w.state end
            from worker before where before.id = w.id and w.id = $1 returning before.state <> 'gone' known
            """, [worker])
        return try rows.first?.decode("known") ?? false
    }

    /// Gives back what a worker holds and takes it off the list.
    package func retire(worker: Int) async throws {
        _ = try await pool.query("select requeue_lost('100 years', $1, $2)", [worker, Self.lossLimit])
    }

    /// Gives the builds of silent workers back to the queue. Returns how many there were.
    package func requeueLost(silence: Duration) async throws -> Int {
        let rows = try await pool.query(
            "select requeue_lost(make_interval(secs => $1), null, $2) n",
            [Double(silence.components.seconds), Self.lossLimit])
        return try rows.first?.decode("n") ?? 0
    }

    /// Workers of a name that a former server left behind are gone: one name is one data directory, which one server
    /// serves at a time.
    package func retireWorkers(named name: String) async throws {
        for row in try await pool.query("select id from worker where name = $1 and state <> 'gone'", [name]) {
            try await retire(worker: try row.decode("id"))
        }
    }

    /// Leases up to `count` ready builds, dearest first, and opens a run for each.
    package func claim(worker: Int, count: Int) async throws -> [ClaimedBuild] {
        try await pool.query(
            """
            select c.build_id, c.run_id, b.derivation_id, d.hash, d.name, b.jobset_id, b.investigation_id is not null probe,
                   d.availability = 'available' available, k.date, k.cpu, k.kernel, k.cores
            from claim_builds($1, $2) c join build b on b.id = c.build_id join derivation d on d.id = b.derivation_id
            join conditions k on k.id = b.conditions_id
            """, [worker, count]
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
        try await pool.transaction { connection in
            let rows = try await connection.query(
                """
                select finish_run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::interval) fresh
                """,
                [
                    claim.run, report.outcome.rawValue, report.reason, report.guestBegan?.timestamp,
                    report.guestEnded?.timestamp, report.seconds, report.evidence,
                    try PostgresJSON(encoding: report.facts), report.logFile, report.logBytes, Self.lossLimit,
                    Self.lossBackOff,
                ])
            guard let row = rows.first, try row.decode("fresh") else { return false }
            switch report.outcome {
            case .succeeded:
                try await Self.settleSound(claim.derivation, connection)
            case .failed, .timedOut:
                try await Self.openInvestigation(of: claim, connection)
            case .infrastructure:
                try await Self.giveUpLost(claim, connection)
            }
            return true
        }
    }

    /// A derivation is sound when every screening build of it succeeded and nothing is being looked into.
    private static func settleSound(_ derivation: Int, _ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            update derivation d set verdict = 'sound'
            where d.id = $1 and d.verdict is null
              and not exists (select from investigation i where i.derivation_id = d.id)
              and not exists (select from build b where b.derivation_id = d.id and b.investigation_id is null
                              and b.state <> 'succeeded')
            """, [derivation])
    }

    /// A build that infrastructure failed too often is given up, and with it what waits for its outputs.
    private static func giveUpLost(_ claim: ClaimedBuild, _ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            select make_unavailable(array[b.derivation_id], format('%s could not be built: %s', d.name, b.error))
            from build b join derivation d on d.id = b.derivation_id
            where b.id = $1 and b.state = 'cancelled' and b.investigation_id is null
            """, [claim.build])
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
