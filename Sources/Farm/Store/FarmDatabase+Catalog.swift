// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres
package import TimeTravel

extension FarmDatabase {
    /// The catalog's entries, by package and version.
    ///
    /// - Parameter after: entries with a greater number only, for paging; then ordered by number.
    package func traps(
        id: Int? = nil, package: String? = nil, after: Int? = nil, limit: Int = 10_000
    ) async throws -> [TrapRecord] {
        try await pool.query(
            Self.trapQuery + """

                where ($1::int is null or t.id = $1) and ($2::text is null or t.package = $2)
                  and ($3::int is null or t.id > $3)
                order by case when $3::int is null then t.package end, case when $3::int is null then t.version end, t.id
                limit $4
                """, [id, package, after, limit]
        ).map(Self.trapRecord)
    }

    static let trapQuery = """
        select t.id, t.package, t.version, d.hash, d.name, t.verdict, t.axis, t.windows, t.periodic, t.cpu cpu_edge,
               t.cause, t.evidence, t.probability, t.runs, t.status, a.date, a.cpu, a.kernel, a.cores,
               revisions_with(t.derivation_id) revisions
        from trap t join derivation d on d.id = t.derivation_id
        left join annotation a on a.derivation_id = t.derivation_id and a.origin = 'measured'
        """

    static func trapRecord(_ row: PostgresRow) throws -> TrapRecord {
        TrapRecord(
            id: try row.decode("id"), package: try row.decode("package"), version: try row.decode("version"),
            derivation: try row.derivationPath(), verdict: try row.word("verdict"), axis: try row.word("axis"),
            windows: try row.json("windows"), periodic: try row.optionalJSON("periodic"),
            cpu: try row.optionalJSON("cpu_edge"), cause: try row.word("cause"), evidence: try row.json("evidence"),
            probability: try row.decode("probability"),
            annotation: Annotation(
                date: try row.optionalInstant("date"), cpu: try row.optionalWord("cpu"),
                kernel: try row.optionalWord("kernel"), cores: try row.decode("cores")),
            revisions: try row.decode("revisions"), runs: try row.decode("runs"), status: try row.word("status"))
    }

    /// How far the farm is with everything.
    package func progress() async throws -> FarmProgress {
        let rows = try await pool.query(
            """
            select (select count(*) from evaluation where state in ('pending', 'running'))
                     + (select count(*) from jobset where wanted is not null and enabled) evaluations_pending,
                   (select count(*) from evaluation where state = 'succeeded') evaluations_done,
                   (select count(*) from evaluation where state = 'failed') evaluations_failed,
                   (select coalesce(sum(job_count), 0)::int from evaluation where state = 'running') packages_evaluated,
                   (select coalesce(sum(failed_job_count), 0)::int from evaluation where state = 'running') packages_failed,
                   (select coalesce(sum(job_count / greatest(extract(epoch from clock_timestamp() - started), 1)), 0)::float8
                      from evaluation where state = 'running') packages_per_second,
                   coalesce(c.sources_wanted, 0) sources_wanted, coalesce(c.sources_done, 0) sources_done,
                   coalesce(c.sources_lost, 0) sources_lost, coalesce(c.builds_waiting, 0) builds_waiting,
                   coalesce(c.builds_running, 0) builds_running, coalesce(c.builds_done, 0) builds_done,
                   coalesce(c.runs_done, 0) runs_done,
                   (select count(*) from investigation where state = 'open') investigations_open,
                   (select count(*) from investigation where state = 'concluded') investigations_concluded,
                   (select count(*) from trap) traps
            from (select
                    sum(n) filter (where what = 'source' and state in ('wanted', 'fetching'))::bigint sources_wanted,
                    sum(n) filter (where what = 'source' and state = 'available')::bigint sources_done,
                    sum(n) filter (where what = 'source' and state = 'lost')::bigint sources_lost,
                    sum(n) filter (where what = 'build' and state in ('blocked', 'ready'))::bigint builds_waiting,
                    sum(n) filter (where what = 'build' and state = 'leased')::bigint builds_running,
                    sum(n) filter (where what = 'build' and state not in ('blocked', 'ready', 'leased'))::bigint builds_done,
                    sum(n) filter (where what = 'run' and state = 'closed')::bigint runs_done
                  from counted) c
            """)
        guard let row = rows.first else { return FarmProgress() }
        return FarmProgress(
            evaluationsPending: try row.decode("evaluations_pending"),
            evaluationsDone: try row.decode("evaluations_done"),
            evaluationsFailed: try row.decode("evaluations_failed"),
            packagesEvaluated: try row.decode("packages_evaluated"),
            packagesFailed: try row.decode("packages_failed"),
            packagesPerSecond: try row.decode("packages_per_second"), sourcesWanted: try row.decode("sources_wanted"),
            sourcesDone: try row.decode("sources_done"), sourcesLost: try row.decode("sources_lost"),
            buildsWaiting: try row.decode("builds_waiting"), buildsRunning: try row.decode("builds_running"),
            buildsDone: try row.decode("builds_done"), runsDone: try row.decode("runs_done"),
            investigationsOpen: try row.decode("investigations_open"),
            investigationsConcluded: try row.decode("investigations_concluded"), traps: try row.decode("traps"))
    }

    /// Builds, newest first.
    package func builds(
        id: Int? = nil, derivation: String? = nil, state: String? = nil, before: Int? = nil, limit: Int = 100
    ) async throws -> [BuildRecord] {
        try await pool.query(
            """
            select b.id, d.hash, d.name, k.date, k.cpu, k.kernel, k.cores, b.state, b.investigation_id is null screening,
                   b.pending, b.priority, b.created, b.finished, b.error, d.verdict,
                   coalesce((select array_agg(r.id order by r.id) from run r where r.build_id = b.id), '{}') runs
            from build b join derivation d on d.id = b.derivation_id join conditions k on k.id = b.conditions_id
            where ($1::int is null or b.id = $1) and ($2::text is null or d.name = $2)
              and ($3::text is null or b.state::text = $3) and ($4::int is null or b.id < $4)
            order by b.id desc limit $5
            """, [id, derivation, state, before, limit]
        ).map(Self.buildRecord)
    }

    static func buildRecord(_ row: PostgresRow) throws -> BuildRecord {
        BuildRecord(
            id: try row.decode("id"), derivation: try row.derivationPath(), name: try row.decode("name"),
            conditions: try row.conditions(), state: try row.decode("state"),
            isScreening: try row.decode("screening"), pendingInputs: try row.decode("pending"),
            priority: try row.decode("priority"), runs: try row.decode("runs"), created: try row.instant("created"),
            finished: try row.optionalInstant("finished"), error: try row.decode("error"),
            verdict: try row.optionalWord("verdict"))
    }

    package func run(_ id: Int64) async throws -> RunRecord? {
        try await pool.query(
            """
            select r.id, r.build_id, d.hash, d.name, k.date, k.cpu, k.kernel, k.cores, w.name worker, r.outcome, r.reason,
                   r.started, r.finished, r.guest_began, r.guest_ended, r.seconds, r.log_bytes
            from run r join build b on b.id = r.build_id join derivation d on d.id = b.derivation_id
            join conditions k on k.id = b.conditions_id left join worker w on w.id = r.worker_id
            where r.id = $1
            """, [id]
        ).first.map { row in
            RunRecord(
                id: try row.decode("id"), build: try row.decode("build_id"), derivation: try row.derivationPath(),
                conditions: try row.conditions(), worker: try row.decode("worker"),
                outcome: try row.optionalWord("outcome"), reason: try row.decode("reason"),
                started: try row.instant("started"), finished: try row.optionalInstant("finished"),
                guestBegan: try row.optionalInstant("guest_began"), guestEnded: try row.optionalInstant("guest_ended"),
                seconds: try row.decode("seconds"), logBytes: try row.decode("log_bytes"))
        }
    }

    package func runEvidence(_ id: Int64) async throws -> PostgresJSON? {
        try await pool.query("select evidence from run where id = $1", [id]).first.flatMap { try $0.decode("evidence") }
    }
}
