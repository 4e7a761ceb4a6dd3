// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
import Postgres
package import TimeTravel

/// What becomes of traps as revisions and days go by.
extension FarmDatabase {
    /// Traps by the job that names them, with the same job in the jobset's newest revision.
    private static let newest = """
        select t.id trap, s.jobset_id, n.id evaluation, n.commit, n.cause, j.derivation_id = t.derivation_id same, d.verdict
        from trap t
        join lateral (select distinct e.jobset_id, j.name from job j join evaluation e on e.id = j.evaluation_id
                      join jobset x on x.id = e.jobset_id
                      where j.derivation_id = t.derivation_id and x.removed is null) s on true
        join lateral (select e.id, r.commit, e.cause from evaluation e join revision r on r.id = e.revision_id
                      where e.jobset_id = s.jobset_id and e.state = 'succeeded'
                      order by r.date desc, e.id desc limit 1) n on true
        join job j on j.evaluation_id = n.id and j.name = s.name
        join derivation d on d.id = j.derivation_id
        """

    /// Marks traps fixed whose package is sound in the newest revision of a jobset, tells who wants to know, and opens
    /// those again that came back.
    ///
    /// - Returns: how many were fixed now.
    package func settleFixedTraps() async throws -> Int {
        try await pool.transaction { connection in
            _ = try await connection.query(
                """
                update trap set status = 'open', changed = now()
                where status = 'fixed' and id in (select trap from (\(Self.newest)) q where q.same)
                """)
            let fixed = try await connection.query(
                """
                with q as (\(Self.newest)),
                fixed as (
                  update trap set status = 'fixed', changed = now()
                  where status in ('open', 'annotated') and id in (select trap from q where verdict = 'sound' and not same)
                    and id not in (select trap from q where same)
                  returning id)
                select f.id, q.jobset_id, q.evaluation, q.commit, s.description
                from fixed f join q on q.trap = f.id join jobset s on s.id = q.jobset_id
                where q.verdict = 'sound' and q.cause <> 'loaded' order by f.id
                """)
            for row in fixed {
                let jobset = try JobsetDescription(canonicalJSON: try row.decode("description"))
                guard !jobset.alerts.isEmpty, let trap = try await Self.trap(try row.decode("id"), connection) else {
                    continue
                }
                let content = AlertContent(
                    .trapFixed, jobset: jobset.name, trap: trap, evaluation: try row.decode("evaluation"),
                    commit: try row.decode("commit"))
                for target in jobset.alerts {
                    try await Self.queue(
                        content, .trapFixed, parts: try Self.identity(trap), jobset: try row.decode("jobset_id"),
                        to: target, connection)
                }
            }
            return fixed.count
        }
    }

    /// Tells of edges that came within the days that targets ask for since the trap is known.
    ///
    /// An edge that was nearer than that when its trap was found was told of then, or belongs to a first evaluation.
    package func queueComingEdges(now: Instant) async throws {
        let furthest = 3_650
        try await pool.transaction { connection in
            let coming = try await connection.query(
                """
                select distinct t.id, t.first_bad, t.created, e.jobset_id, s.description
                from trap t
                join job j on j.derivation_id = t.derivation_id join evaluation e on e.id = j.evaluation_id
                join jobset s on s.id = e.jobset_id
                where t.status in ('open', 'annotated') and t.first_bad > $1
                  and t.first_bad <= $1::timestamptz + make_interval(days => $2)
                  and s.removed is null and s.description -> 'alerts' <> '[]'
                order by t.first_bad, t.id
                """, [now.timestamp, furthest])
            for row in coming {
                let (edge, found) = (try row.instant("first_bad"), try row.instant("created"))
                let jobset = try JobsetDescription(canonicalJSON: try row.decode("description"))
                for target in jobset.alerts {
                    // The smallest of the target's numbers that the edge has come within.
                    guard let days = target.days.filter({ edge - now <= Int64($0) * 86_400 }).min(),
                        found < edge - Int64(days) * 86_400,
                        let trap = try await Self.trap(try row.decode("id"), connection)
                    else { continue }
                    try await Self.queue(
                        AlertContent(
                            .edgeComing, jobset: jobset.name, trap: trap, edge: edge,
                            days: Int((edge - now + 86_399) / 86_400)),
                        .edgeComing, parts: try Self.identity(trap) + ["\(days)"], jobset: try row.decode("jobset_id"),
                        to: target, connection)
                }
            }
        }
    }

    /// Whether builds have been ready for some time and no worker is there to make them.
    package func lacksWorkers(after wait: Duration = .seconds(600)) async throws -> Bool {
        try await pool.query(
            """
            select 1 where exists (
              select from build where state = 'ready'
                and (retry_at is null or retry_at < clock_timestamp() - make_interval(secs => $1))
                and created < clock_timestamp() - make_interval(secs => $1))
            and not exists (
              select from worker where state in ('active', 'draining')
                and heartbeat > clock_timestamp() - make_interval(secs => $1))
            """, [Double(wait.components.seconds)]
        ).isEmpty == false
    }
}
