// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// What the farm last saw of its pool.
package struct PoolRecord: Codable, Sendable, Equatable {
    package var name: String
    /// Jobs without a node, and with one.
    package var waiting: Int
    package var running: Int
    /// Guests of a job.
    package var capacity: Int
    /// Jobs at most.
    package var most: Int
    /// What keeps it from working.
    package var problem: String?
    package var problemSince: Instant?
    package var looked: Instant

    /// The same for people.
    package var sentence: String {
        "\(name): of at most \(most) jobs with \(capacity) guests each, \(running) run and \(waiting) wait for a node"
            + (problem.map { "; \($0)" } ?? "")
    }
}

/// What of the queue says how many jobs are wanted.
package struct PoolDemand: Sendable, Equatable {
    /// Builds that a worker of the pool could take now, counted up to a limit.
    package var ready: Int
    /// Guests that workers could begin at once.
    package var free: Int
    /// Of the jobs asked about, those whose worker has begun at any time.
    package var begun: Set<String>
}

extension FarmDatabase {
    /// - Parameters:
    ///   - jobs: to be looked for among workers.
    ///   - limit: more ready builds than this are not counted.
    package func poolDemand(jobs: [String], limit: Int) async throws -> PoolDemand {
        // A worker of the pool is taken to offer what the latest of them does; before the first, everything.
        let rows = try await pool.query(
            """
            with latest as (select offers from worker where job is not null order by id desc limit 1)
            select (select count(*) from (
                      select from build b join lane l on l.id = b.lane_id
                      where b.state = 'ready' and (b.retry_at is null or b.retry_at <= clock_timestamp())
                        and needs_met(l.needs, (select offers from latest)) limit $2) ready) ready,
                   (select coalesce(sum(greatest(0, w.capacity - (
                      select count(*) from build b where b.state = 'leased' and b.worker_id = w.id))), 0)::bigint
                    from worker w where w.state = 'active' and w.hindrance is null
                      and w.heartbeat > clock_timestamp() - make_interval(secs => $3)) free,
                   array(select distinct w.job from worker w where w.job = any($1)) begun
            """, [jobs, limit, Worker.silence / .seconds(1)])
        guard let row = rows.first else { throw PostgresError.decoding(column: "ready", reason: "no row") }
        return PoolDemand(
            ready: try row.decode("ready"), free: try row.decode("free"),
            begun: Set(try row.decode("begun", as: [String].self)))
    }

    /// Notes what was seen of a pool; how long a problem lasts is counted from when there was none.
    package func store(_ record: PoolRecord) async throws {
        _ = try await pool.query(
            """
            insert into pool (name, waiting, running, capacity, most, problem, problem_since, looked)
            values ($1, $2, $3, $4, $5, $6, case when $6::text is not null then clock_timestamp() end, clock_timestamp())
            on conflict (name) do update set
              waiting = excluded.waiting, running = excluded.running, capacity = excluded.capacity,
              most = excluded.most, problem = excluded.problem, looked = excluded.looked,
              problem_since = case when excluded.problem is not null
                                   then coalesce(pool.problem_since, excluded.problem_since) end
            """,
            [record.name, record.waiting, record.running, record.capacity, record.most, record.problem])
    }

    /// A server without pools has none.
    package func forgetPools() async throws { _ = try await pool.query("delete from pool") }

    package func poolRecords() async throws -> [PoolRecord] {
        try await pool.transaction { try await Self.poolRecords($0) }
    }

    static func poolRecords(_ connection: PostgresConnection) async throws -> [PoolRecord] {
        try await connection.query("select * from pool order by name").map { row in
            PoolRecord(
                name: try row.decode("name"), waiting: try row.decode("waiting"), running: try row.decode("running"),
                capacity: try row.decode("capacity"), most: try row.decode("most"),
                problem: try row.decode("problem"), problemSince: try row.optionalInstant("problem_since"),
                looked: try row.instant("looked"))
        }
    }

    /// Tells the workers of jobs to take no more builds and end when they hold none.
    ///
    /// - Returns: the jobs that have a worker.
    package func drain(jobs: [String]) async throws -> Set<String> {
        let rows = try await pool.query(
            "update worker set state = 'draining' where job = any($1) and state in ('active', 'paused', 'draining') returning job",
            [jobs])
        return Set(try rows.map { try $0.decode("job", as: String.self) })
    }
}
