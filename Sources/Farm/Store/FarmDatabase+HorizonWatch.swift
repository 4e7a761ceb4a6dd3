// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
import Postgres
import TimeTravel

/// Travel horizons that become shorter.
extension FarmDatabase {
    /// Looks at the horizons of evaluations that settled since the last look, or one of whose traps changed, and tells of
    /// those that became shorter. What is recorded of an evaluation first is nobody's news.
    ///
    /// - Parameter limit: of evaluations looked at in one call; the others come next time.
    package func watchHorizons(limit: Int = 50) async throws {
        let due = try await pool.query(
            """
            with latest as (
              select distinct on (e.jobset_id, e.revision_id) e.id, e.jobset_id, e.closure_id, r.commit
              from evaluation e join revision r on r.id = e.revision_id
              where e.state = 'succeeded' and e.closure_id is not null
              order by e.jobset_id, e.revision_id, e.id desc)
            select e.id, s.id jobset, s.description, e.commit
            from latest e join jobset s on s.id = e.jobset_id
            join evaluation_count c on c.evaluation_id = e.id and c.settled
            left join horizon h on h.evaluation_id = e.id
            where s.removed is null and coalesce(h.is_outdated, true)
              and not exists (
                select from investigation i join closure m on m.derivations @> array[i.derivation_id]
                where i.state = 'open' and m.id = e.closure_id)
            order by e.id limit $1
            """, [limit])
        for row in due { try await watchHorizon(row) }
    }

    private func watchHorizon(_ row: PostgresRow) async throws {
        let (evaluation, id): (Int, Int) = (try row.decode("id"), try row.decode("jobset"))
        let jobset = try JobsetDescription(canonicalJSON: try row.decode("description"))
        let commit: String = try row.decode("commit")
        try await pool.transaction { connection in
            let new = try await connection.query(
                "insert into horizon (evaluation_id) values ($1) on conflict do nothing returning evaluation_id",
                [evaluation])
            // A change of a trap that is not committed did not find the new row to outdate it: the traps are read after it.
            if !new.isEmpty { _ = try await connection.query("lock table trap in share mode") }
            // Before the traps are read: one that changes meanwhile outdates it again afterwards.
            let known = try await connection.query(
                """
                update horizon set is_outdated = false where evaluation_id = $1
                returning not_before, not_after, is_empty
                """, [evaluation])
            guard let known = known.first else { return }
            let before = HorizonLimits(
                notBefore: try known.optionalInstant("not_before"), notAfter: try known.optionalInstant("not_after"),
                isEmpty: try known.decode("is_empty"))
            let traps = try await connection.query(
                Self.trapQuery + """

                    where t.derivation_id in (
                      select unnest(m.derivations) from evaluation_derivation m where m.evaluation_id = $1)
                    """, [evaluation]
            ).map(Self.trapRecord)
            let horizon = TravelHorizon(of: traps)
            let after = HorizonLimits(horizon)
            _ = try await connection.query(
                "update horizon set not_before = $2, not_after = $3, is_empty = $4 where evaluation_id = $1",
                [evaluation, after.notBefore?.timestamp, after.notAfter?.timestamp, after.isEmpty])
            guard new.isEmpty, after.isShorter(than: before) else { return }
            let content = AlertContent(
                .horizonShortened, jobset: jobset.name,
                trap: Self.culprit(horizon, traps, since: before), evaluation: evaluation, commit: commit,
                horizon: HorizonChange(before: before, after: after))
            for target in jobset.alerts {
                try await Self.queue(
                    content, .horizonShortened, parts: ["\(evaluation)", "\(after)"], jobset: id, to: target, connection
                )
            }
        }
    }

    /// The trap that made a horizon shorter: the one at the limit that moved, or the last that excludes another.
    private static func culprit(
        _ horizon: TravelHorizon, _ traps: [TrapRecord], since before: HorizonLimits
    ) -> TrapRecord? {
        guard let first = horizon.spans.first, let last = horizon.spans.last else {
            return TravelHorizon.conflict(in: traps).last
        }
        let limit = last.notAfter?.instant == before.notAfter ? first.notBefore : last.notAfter
        return limit.flatMap { limit in traps.first { $0.id == limit.trap } }
    }
}
