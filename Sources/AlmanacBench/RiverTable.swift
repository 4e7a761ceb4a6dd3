// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres

/// What the farm's queue is measured beside: one table of jobs without dependencies, with the columns, the index and the
/// fetching statement that River (riverqueue.com) documents.
struct RiverTable: Sendable {
    let pool: PostgresPool

    func create() async throws {
        try await pool.execute(
            script: """
                create table plain_job (
                  id bigserial primary key, state text not null default 'available', attempt int not null default 0,
                  max_attempts int not null default 25, attempted_at timestamptz, created_at timestamptz not null default now(),
                  finalized_at timestamptz, scheduled_at timestamptz not null default now(), priority int not null default 1,
                  args jsonb not null, attempted_by text[], kind text not null, metadata jsonb not null default '{}',
                  queue text not null default 'default', unique_key text unique);
                create index plain_job_fetch on plain_job (state, queue, priority, scheduled_at, id);
                """)
    }

    /// Adds jobs; those whose key is known are left as they are.
    func insert(_ keys: Range<Int>) async throws {
        try await pool.transaction { connection in
            _ = try await connection.query(
                "create temporary table incoming_job (kind text, args jsonb, unique_key text) on commit drop")
            _ = try await connection.copy(
                into: "incoming_job", columns: ["kind", "args", "unique_key"], from: keys
            ) { key, row in
                row.append("build")
                row.append(PostgresJSON(Array(#"{"derivation":"package-\#(key)-1.0"}"#.utf8)))
                row.append("package-\(key)")
            }
            _ = try await connection.query(
                """
                insert into plain_job (kind, args, unique_key) select kind, args, unique_key from incoming_job
                on conflict (unique_key) do nothing
                """)
        }
    }

    func fetch(_ count: Int) async throws -> [Int64] {
        try await pool.query(
            """
            with locked as (
              select id from plain_job
              where state = 'available' and queue = 'default' and scheduled_at <= now()
              order by priority, scheduled_at, id limit $1 for update skip locked)
            update plain_job set state = 'running', attempt = attempt + 1, attempted_at = now(),
                                 attempted_by = array_append(attempted_by, 'bench')
            from locked where plain_job.id = locked.id returning plain_job.id
            """, [count]
        ).map { try $0.decode("id") }
    }

    func complete(_ ids: [Int64]) async throws {
        _ = try await pool.query(
            "update plain_job set state = 'completed', finalized_at = now() where id = any($1) and state = 'running'",
            [ids])
    }

    /// Cancels jobs that somebody else found out.
    func cancel(_ ids: [Int64]) async throws {
        _ = try await pool.query(
            """
            update plain_job set state = 'cancelled', finalized_at = now() where id = any($1) and state = 'available'
            """, [ids])
    }

    /// What River's rescuer does at a start: jobs left running are available again.
    func rescue() async throws {
        _ = try await pool.query("update plain_job set state = 'available' where state = 'running'")
    }

    func vacuum() async throws {
        try await pool.execute(script: "vacuum analyze plain_job")
    }
}
