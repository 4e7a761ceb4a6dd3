// SPDX-License-Identifier: GPL-3.0-or-later

package import Evaluators
import Postgres
package import TimeTravel

/// An evaluation the farm has to make.
package struct PendingEvaluation: Sendable {
    package let id: Int
    package let jobset: Int
    package let revision: Int
    package let commit: String
    package let date: Instant
}

extension FarmDatabase {
    /// Records revisions of a channel; known ones are left as they are. Returns their numbers in the same order.
    package func store(
        revisions: [(commit: String, date: Instant, subject: String)], channel: Int
    ) async throws -> [Int] {
        try await pool.transaction { connection in
            var ids: [Int] = []
            for revision in revisions {
                let rows = try await connection.query(
                    """
                    with added as (
                      insert into revision (channel_id, commit, date, subject) values ($1, $2, $3, $4)
                      on conflict (channel_id, commit) do nothing returning id)
                    select id from added
                    union all select id from revision where channel_id = $1 and commit = $2 limit 1
                    """, [channel, revision.commit, revision.date.timestamp, revision.subject])
                if let row = rows.first { ids.append(try row.decode("id")) }
            }
            return ids
        }
    }

    /// Queues evaluations of revisions that have none with the same fingerprint that succeeded or waits.
    ///
    /// - Parameter again: also those that have one (a person asked for it).
    /// - Returns: how many were queued.
    package func queueEvaluations(
        jobset: StoredJobset, revisions: [Int], cause: String, again: Bool = false
    ) async throws -> Int {
        let queued = try await pool.query(
            """
            insert into evaluation (jobset_id, revision_id, fingerprint, cause)
            select $1, r.id, $2, $4 from unnest($3::int[]) with ordinality r(id, position)
            where $5 or not exists (
              select from evaluation e where e.jobset_id = $1 and e.revision_id = r.id and e.fingerprint = $2
                and e.state in ('succeeded', 'pending', 'running'))
            order by r.position
            on conflict do nothing
            """, [jobset.id, jobset.fingerprint, revisions, cause, again])
        if queued.affectedRows > 0 { _ = try await pool.query("select pg_notify('almanac_evaluations', '')") }
        return queued.affectedRows
    }

    /// Starts the oldest pending evaluation of a jobset that evaluates nothing now.
    package func startEvaluation() async throws -> PendingEvaluation? {
        try await pool.query(
            """
            update evaluation e set state = 'running', started = clock_timestamp()
            from revision r
            where r.id = e.revision_id and e.id = (
              select p.id from evaluation p
              where p.state = 'pending'
                and not exists (select from evaluation x where x.jobset_id = p.jobset_id and x.state = 'running')
              order by p.id limit 1 for update skip locked)
            returning e.id, e.jobset_id, e.revision_id, r.commit, r.date
            """
        ).first.map { row in
            PendingEvaluation(
                id: try row.decode("id"), jobset: try row.decode("jobset_id"), revision: try row.decode("revision_id"),
                commit: try row.decode("commit"), date: try row.instant("date"))
        }
    }

    /// Gives evaluations that a server left running back to the queue.
    package func requeueEvaluations() async throws {
        _ = try await pool.query("update evaluation set state = 'pending', started = null where state = 'running'")
    }

    /// Records how far a running evaluation is: its jobs so far and those among them that failed.
    package func note(_ progress: EvaluationProgress, of id: Int) async throws {
        _ = try await pool.query(
            "update evaluation set job_count = $2, failed_job_count = $3 where id = $1 and state = 'running'",
            [id, progress.done, progress.failed])
    }

    /// Marks an evaluation failed; its error and log are shown, the others go on.
    package func failEvaluation(_ id: Int, error: String, log: String) async throws {
        try await pool.transaction { connection in
            let failed = try await connection.query(
                """
                update evaluation set state = 'failed', finished = clock_timestamp(), error = $2, log = $3
                where id = $1 and state = 'running'
                """, [id, error, log])
            if failed.affectedRows == 1 { try await Self.queueEvaluationFailure(id, connection) }
        }
        _ = try await pool.query("select pg_notify('almanac_evaluations', '')")
    }

    static func evaluationRecord(_ row: PostgresRow) throws -> EvaluationRecord {
        EvaluationRecord(
            id: try row.decode("id"), jobset: try row.decode("jobset"), commit: try row.decode("commit"),
            date: try row.instant("date"), subject: try row.decode("subject"), state: try row.decode("state"),
            cause: try row.decode("cause"), created: try row.instant("created"),
            started: try row.optionalInstant("started"), finished: try row.optionalInstant("finished"),
            error: try row.decode("error"), jobs: try row.decode("job_count"),
            failedJobs: try row.decode("failed_job_count"), builds: try row.json("builds"))
    }

    package func evaluationLog(_ id: Int) async throws -> String? {
        try await pool.query("select coalesce(log, '') log from evaluation where id = $1", [id])
            .first.map { try $0.decode("log", as: String.self) }
    }
}
