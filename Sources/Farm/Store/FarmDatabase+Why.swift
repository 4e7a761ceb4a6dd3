// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import TimeTravel

extension FarmDatabase {
    /// Why a build does not run; nil when there is no such build.
    package func explanation(ofBuild id: Int) async throws -> BuildExplanation? {
        try await pool.transaction(.repeatableRead) { connection in
            let rows = try await connection.query(
                """
                select d.name, b.state, b.error, b.pending, b.retry_at, l.needs, j.memory,
                       array(select n from unnest(l.needs) n where not exists (
                         select from worker w where w.state <> 'gone' and needs_met(array[n], w.offers))) missing,
                       (select count(*) from worker w where w.state = 'active' and needs_met(l.needs, w.offers)
                        and coalesce(j.memory, 0) <= coalesce(w.memory, 2147483647)) able
                from build b join derivation d on d.id = b.derivation_id join lane l on l.id = b.lane_id
                left join jobset j on j.id = b.jobset_id where b.id = $1
                """, [id])
            guard let row = rows.first else { return nil }
            let state: String = try row.decode("state")
            return BuildExplanation(
                build: id, name: try row.decode("name"), state: state, error: try row.decode("error"),
                inputs: state == "blocked" ? try await Self.missingInputs(of: id, connection) : [],
                waitingFor: try row.decode("pending"), needs: try row.decode("needs"), memory: try row.decode("memory"),
                missing: try row.decode("missing"), ableWorkers: try row.decode("able"),
                retryAt: try row.optionalInstant("retry_at"),
                lease: state == "leased" ? try await Self.lease(of: id, connection) : nil,
                quota: state == "ready" ? try await Self.quota(of: id, connection) : nil,
                pool: state == "ready" ? try await Self.poolRecords(connection).first?.sentence : nil)
        }
    }

    private static func missingInputs(
        of build: Int, _ connection: PostgresConnection
    ) async throws -> [BuildExplanation.Input] {
        try await connection.query(
            """
            select x.name, x.hash, coalesce(s.state::text, k.state::text, 'unknown') state, k.id build, x.verdict,
                   coalesce(s.error, k.error) error,
                   exists (select from investigation i where i.derivation_id = x.id and i.state = 'open') investigated
            from build b join derivation d on d.id = b.derivation_id join derivation x on x.id = any(d.inputs)
            left join source s on s.derivation_id = x.id and x.is_fixed
            left join lateral (
              select k.id, k.state, k.error from build k where k.derivation_id = x.id and k.investigation_id is null
              order by k.id limit 1) k on true
            where b.id = $1 and x.availability <> 'available' order by x.depth desc, x.id limit 100
            """, [build]
        ).map { row in
            BuildExplanation.Input(
                name: try row.decode("name"), derivation: try row.derivationPath(), state: try row.decode("state"),
                build: try row.decode("build"), verdict: try row.optionalWord("verdict"),
                isInvestigated: try row.decode("investigated"), error: try row.decode("error"))
        }
    }

    private static func lease(
        of build: Int, _ connection: PostgresConnection
    ) async throws -> BuildExplanation.Lease? {
        try await connection.query(
            """
            select w.name, w.host, b.leased_at, w.heartbeat,
                   (select r.id from run r where r.build_id = b.id and r.outcome is null) run
            from build b join worker w on w.id = b.worker_id where b.id = $1
            """, [build]
        ).first.map { row in
            BuildExplanation.Lease(
                worker: try row.decode("name"), host: try row.decode("host"), since: try row.instant("leased_at"),
                run: try row.decode("run"), heartbeat: try row.instant("heartbeat"))
        }
    }

    private static func quota(
        of build: Int, _ connection: PostgresConnection
    ) async throws -> BuildExplanation.Quota? {
        try await connection.query(
            """
            select j.name, j.shares,
                   (select count(*) from build x where x.state = 'leased' and x.jobset_id = j.id) in_use,
                   (select coalesce(sum(w.capacity), 0) from worker w where w.state = 'active') capacity,
                   (select count(*) from build x where x.state = 'leased') busy,
                   (select count(*) from build x join lane l on l.id = x.lane_id
                    where l.jobset_id = j.id and x.state = 'ready' and x.retry_at is null
                      and (x.priority, -x.id) > (b.priority, -b.id)) ahead,
                   array(select o.name from jobset o where o.priority > j.priority and exists (
                     select from build x join lane l on l.id = x.lane_id
                     where l.jobset_id = o.id and x.state = 'ready' and x.retry_at is null) order by o.name) before
            from build b join jobset j on j.id = b.jobset_id where b.id = $1
            """, [build]
        ).first.map { row in
            BuildExplanation.Quota(
                jobset: try row.decode("name"), shares: try row.decode("shares"), guestsInUse: try row.decode("in_use"),
                capacity: try row.decode("capacity"), busy: try row.decode("busy"), ahead: try row.decode("ahead"),
                before: try row.decode("before"))
        }
    }
}
