// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// A job of an evaluation and what became of its derivation.
package struct JobRecord: Codable, Sendable {
    package var id: Int
    package var evaluation: Int
    package var name: String
    package var package: String
    package var version: String
    package var system: String
    /// Null where the channel gives none; then `error` says why.
    package var derivation: String?
    package var error: String?
    package var verdict: Verdict?
    /// The derivation's screening build and its state.
    package var build: Int?
    package var state: String?
    package var trap: Int?
}

extension FarmDatabase {
    /// Screening builds of the evaluation `e` by state, counted now.
    private static let liveCount = """
        (select coalesce(jsonb_object_agg(s.state, s.n), '{}') from (
           select b.state, count(*) n from evaluation_derivation m
           cross join unnest(m.derivations) d(id) join build b on b.derivation_id = d.id
           where m.evaluation_id = e.id and b.investigation_id is null group by b.state) s)
        """

    /// Counts the builds of evaluations for lists to show: those not settled at each call, settled ones once an hour.
    /// Adds up what was counted of all builds meanwhile.
    package func countEvaluations(limit: Int = 20) async throws {
        _ = try await pool.query("select settle_counts()")
        _ = try await pool.query(
            """
            insert into evaluation_count (evaluation_id, builds, settled)
            select n.id, n.builds, not (n.builds ?| array['blocked', 'ready', 'leased'])
            from (select e.id, \(Self.liveCount) builds from evaluation e
                  where e.id = any(array(
                    select x.id from evaluation x left join evaluation_count c on c.evaluation_id = x.id
                    where x.state = 'succeeded' and (c.evaluation_id is null or not c.settled
                      or c.taken < clock_timestamp() - interval '1 hour')
                    order by c.taken nulls first, x.id desc limit $1))) n
            on conflict (evaluation_id) do update set
              builds = excluded.builds, settled = excluded.settled, taken = clock_timestamp()
            """, [limit])
    }

    /// Evaluations, newest first; the counts of their builds may be a minute old.
    ///
    /// - Parameter before: only those with a smaller number, for paging.
    package func evaluations(
        id: Int? = nil, jobset: String? = nil, before: Int? = nil, limit: Int = 100
    ) async throws -> [EvaluationRecord] {
        try await pool.query(
            """
            select e.id, j.name jobset, r.commit, r.date, r.subject, e.state, e.cause, e.created, e.started,
                   e.finished, e.error, e.job_count, e.failed_job_count,
                   coalesce((select c.builds from evaluation_count c where c.evaluation_id = e.id),
                            \(Self.liveCount)) builds
            from evaluation e join jobset j on j.id = e.jobset_id join revision r on r.id = e.revision_id
            where ($1::int is null or e.id = $1) and ($2::text is null or j.name = $2)
              and ($3::int is null or e.id < $3)
            order by e.id desc limit $4
            """, [id, jobset, before, limit]
        ).map(Self.evaluationRecord)
    }

    /// An evaluation's jobs, by number.
    ///
    /// - Parameter after: only those with a greater number, for paging.
    package func jobs(ofEvaluation evaluation: Int, after: Int? = nil, limit: Int = 100) async throws -> [JobRecord] {
        try await pool.query(
            """
            select j.id, j.evaluation_id, j.name job, j.package, j.version, j.system, j.error, d.hash, d.name, d.verdict,
                   b.id build, b.state, t.id trap
            from job j left join derivation d on d.id = j.derivation_id
            left join trap t on t.derivation_id = d.id
            left join lateral (select id, state from build where derivation_id = d.id and investigation_id is null
                               order by id limit 1) b on true
            where j.evaluation_id = $1 and ($2::int is null or j.id > $2)
            order by j.id limit $3
            """, [evaluation, after, limit]
        ).map { row in
            let error: String? = try row.decode("error")
            return JobRecord(
                id: try row.decode("id"), evaluation: try row.decode("evaluation_id"), name: try row.decode("job"),
                package: try row.decode("package"), version: try row.decode("version"),
                system: try row.decode("system"),
                derivation: error == nil ? try row.derivationPath() : nil, error: error,
                verdict: try row.optionalWord("verdict"), build: try row.decode("build"),
                state: try row.decode("state"), trap: try row.decode("trap"))
        }
    }

    /// The evaluation of the jobset's revision before that of another, by date.
    package func evaluation(before id: Int) async throws -> Int? {
        try await pool.query(
            """
            select p.id from evaluation e join revision r on r.id = e.revision_id
            join evaluation p on p.jobset_id = e.jobset_id and p.state = 'succeeded'
            join revision q on q.id = p.revision_id
            where e.id = $1 and q.date < r.date order by q.date desc, p.id desc limit 1
            """, [id]
        ).first.map { try $0.decode("id") }
    }
}
