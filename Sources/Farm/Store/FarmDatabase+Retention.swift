// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
import Postgres
package import TimeTravel

/// What is given up of a jobset, or would be.
package struct RetentionRecord: Codable, Sendable, Equatable {
    /// Null: of builds that no jobset paid for.
    package var jobset: String?
    package var evaluations = 0
    package var jobs = 0
    package var logs = 0
    package var logBytes = 0
    /// Derivations whose outputs are given up.
    package var outputs = 0
    /// Bytes of these in the store, as archives.
    package var outputBytes = 0
}

/// Everything that the jobsets' retention no longer keeps.
struct ExpiredItems: Sendable {
    var evaluations: [(id: Int, jobset: Int, jobs: Int)] = []
    var logs: [(run: Int64, jobset: Int, bytes: Int)] = []
    var outputs: [(derivation: Int, jobset: Int?)] = []
}

/// The policies of all jobsets, the removed ones too, as the database's functions take them.
private struct RetentionPolicies {
    var jobsets: [Int] = []
    /// Seconds; -1: for ever.
    var logs: [Int] = []
    var outputs: [Int] = []
    /// -1: all.
    var evaluations: [Int] = []

    mutating func add(_ retention: Retention, of jobset: Int) {
        jobsets.append(jobset)
        logs.append(Self.seconds(retention.logs))
        outputs.append(Self.seconds(retention.outputs))
        evaluations.append(retention.evaluations ?? -1)
    }

    private static func seconds(_ period: Period) -> Int {
        switch period {
        case .forever: -1
        case .span(let span): Int(span.seconds)
        }
    }
}

extension FarmDatabase {
    private func retentionPolicies() async throws -> RetentionPolicies {
        var policies = RetentionPolicies()
        for row in try await pool.query("select id, description from jobset order by id") {
            policies.add(
                try JobsetDescription(canonicalJSON: try row.decode("description")).retention, of: try row.decode("id"))
        }
        return policies
    }

    func expiredEvaluations() async throws -> [(id: Int, jobset: Int, jobs: Int)] {
        let policies = try await retentionPolicies()
        return try await pool.query(
            "select evaluation_id, jobset_id, jobs from expired_evaluations($1, $2)",
            [policies.jobsets, policies.evaluations]
        ).map { (try $0.decode("evaluation_id"), try $0.decode("jobset_id"), try $0.decode("jobs")) }
    }

    func expiredLogs(present: Instant) async throws -> [(run: Int64, jobset: Int, bytes: Int)] {
        let policies = try await retentionPolicies()
        return try await pool.query(
            "select run_id, jobset_id, bytes from expired_logs($1, $2, $3) order by run_id",
            [policies.jobsets, policies.logs, present.timestamp]
        ).map { (try $0.decode("run_id"), try $0.decode("jobset_id"), try $0.decode("bytes")) }
    }

    func expiredOutputs(present: Instant) async throws -> [(derivation: Int, jobset: Int?)] {
        let policies = try await retentionPolicies()
        return try await pool.query(
            "select derivation_id, jobset_id from expired_outputs($1, $2, $3) order by derivation_id",
            [policies.jobsets, policies.outputs, present.timestamp]
        ).map { (try $0.decode("derivation_id"), try $0.decode("jobset_id")) }
    }

    /// Base names in the store of the outputs of derivations.
    func outputPaths(of derivations: [Int]) async throws -> [(derivation: Int, path: String)] {
        try await pool.query(
            """
            select d.id, p path from derivation d cross join unnest(d.output_paths) p where d.id = any($1) and p <> ''
            """, [derivations]
        ).map { (try $0.decode("id"), try $0.decode("path")) }
    }

    func jobsetNames() async throws -> [Int: String] {
        var names: [Int: String] = [:]
        for row in try await pool.query("select id, name from jobset") {
            names[try row.decode("id")] = try row.decode("name", as: String.self)
        }
        return names
    }

    // MARK: Giving up

    /// Removes an evaluation, its jobs in small transactions first.
    ///
    /// - Returns: how many jobs went with it.
    func remove(evaluation: Int, batch: Int = 5_000) async throws -> Int {
        var jobs = 0
        while true {
            let gone = try await pool.query(
                "delete from job where id = any(array(select id from job where evaluation_id = $1 limit $2))",
                [evaluation, batch]
            ).affectedRows
            jobs += gone
            if gone < batch { break }
        }
        _ = try await pool.transaction { try await $0.query("select remove_evaluation($1)", [evaluation]) }
        return jobs
    }

    /// - Returns: how many logs were given up; others are needed by now.
    func free(logs: [Int64]) async throws -> Int {
        let rows = try await pool.transaction { try await $0.query("select free_logs($1) n", [logs]) }
        return try rows.first?.decode("n") ?? 0
    }

    /// - Returns: the derivations whose outputs were given up; others are needed by now.
    func free(outputs: [Int]) async throws -> [Int] {
        let rows = try await pool.transaction { try await $0.query("select free_outputs($1) ids", [outputs]) }
        return try rows.first?.decode("ids") ?? []
    }

    // MARK: Files

    /// Hands runs whose logs were given up to `delete`, and forgets them when it returns.
    func deleteExpiredLogs(batch: Int = 500, _ delete: @Sendable (Int64) throws -> Void) async throws {
        while true {
            let runs = try await pool.query("select run_id from expired_log order by run_id limit $1", [batch])
                .map { try $0.decode("run_id", as: Int64.self) }
            if runs.isEmpty { return }
            for run in runs { try delete(run) }
            _ = try await pool.query("delete from expired_log where run_id = any($1)", [runs])
        }
    }

    /// How many outputs that were given up are still in the store.
    package func expiredOutputCount() async throws -> Int {
        try await pool.query("select count(*) n from expired_output").first?.decode("n") ?? 0
    }

    /// Hands outputs that were given up, and that nothing came to need since, to `delete`; forgets those that it returns.
    ///
    /// - Parameters:
    ///   - after: base names up to this one are left alone.
    ///   - delete: while it works nothing is restarted or taken in.
    /// - Returns: the last name looked at; nil when there are no more.
    func deleteExpiredOutputs(
        after: String, batch: Int = 200, _ delete: @Sendable ([String]) async throws -> [String]
    ) async throws -> String? {
        try await pool.transaction { connection in
            _ = try await connection.query("select pg_advisory_xact_lock_shared(4711)")
            let rows = try await connection.query(
                """
                select e.path, d.availability = 'wanted' and d.freed is not null and not exists (
                  select from build b where b.derivation_id = d.id and b.state in ('blocked', 'ready', 'leased')) free
                from expired_output e join derivation d on d.id = e.derivation_id
                where e.path > $1 order by e.path limit $2
                """, [after, batch])
            let free = try rows.filter { try $0.decode("free") }.map { try $0.decode("path", as: String.self) }
            let gone = free.isEmpty ? [] : try await delete(free)
            _ = try await connection.query("delete from expired_output where path = any($1)", [gone])
            return try rows.last?.decode("path")
        }
    }

    /// Base names of everything in the store that must stay: outputs that count as available, and the derivations that
    /// traps, open investigations and pinned builds are about.
    func storeRoots() async throws -> Set<String> {
        var roots: Set<String> = []
        for row in try await pool.query(
            """
            select p path from derivation d cross join unnest(d.output_paths) p where d.availability = 'available' and p <> ''
            """)
        {
            roots.insert(try row.decode("path"))
        }
        for row in try await pool.query(
            """
            select d.hash, d.name from derivation d
            where d.id in (select derivation_id from trap
                           union select derivation_id from investigation where state = 'open'
                           union select derivation_id from build where pinned)
            """)
        {
            roots.insert(try row.derivationPath())
        }
        return roots
    }

    /// Base names of what may be in the store already and is recorded in a moment: the outputs and derivations of runs, and
    /// the outputs of sources that are being fetched.
    func comingStoreRoots() async throws -> Set<String> {
        var roots: Set<String> = []
        for row in try await pool.query(
            """
            select d.hash, d.name, d.output_paths from derivation d
            where d.id in (select derivation_id from build where state = 'leased'
                           union select derivation_id from source where state = 'fetching')
            """)
        {
            roots.insert(try row.derivationPath())
            roots.formUnion(try row.decode("output_paths", as: [String].self))
        }
        return roots
    }

    // MARK: Once a night

    /// Notes that something is done now, unless it was since `instant`; what lies in the future, as the clock was put back,
    /// was not.
    ///
    /// - Returns: whether the caller is the one to do it.
    package func begin(_ name: String, unlessSince instant: Instant, now: Instant) async throws -> Bool {
        try await pool.query(
            """
            insert into housekeeping (name, last) values ($1, $3)
            on conflict (name) do update set last = excluded.last
            where housekeeping.last < $2 or housekeeping.last > $3
            """, [name, instant.timestamp, now.timestamp]
        ).affectedRows == 1
    }
}
