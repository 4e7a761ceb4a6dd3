// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres

/// A fixed-output derivation to realise on the host.
package struct WantedSource: Sendable {
    package let derivation: Int
    package let derivationPath: String
    package let attempts: Int
}

extension FarmDatabase {
    /// Takes up to `count` wanted sources; what a former server left half fetched is wanted again (see `requeueSources`).
    package func claimSources(count: Int) async throws -> [WantedSource] {
        try await pool.query(
            """
            with claimed as (
              update source set state = 'fetching', attempts = attempts + 1, changed = clock_timestamp()
              where derivation_id = any(array(
                select derivation_id from source
                where state = 'wanted' and (retry_at is null or retry_at <= clock_timestamp())
                order by retry_at nulls first, derivation_id limit $1 for update skip locked))
              returning derivation_id, attempts)
            select c.derivation_id, c.attempts, d.hash, d.name from claimed c join derivation d on d.id = c.derivation_id
            """, [count]
        ).map { row in
            WantedSource(
                derivation: try row.decode("derivation_id"), derivationPath: try row.derivationPath(),
                attempts: try row.decode("attempts"))
        }
    }

    package func requeueSources() async throws {
        _ = try await pool.query("update source set state = 'wanted' where state = 'fetching'")
    }

    package func sourceAvailable(_ derivation: Int, from place: String) async throws {
        try await pool.transaction { connection in
            _ = try await connection.query(
                """
                update source set state = 'available', fetched_from = $2, error = null, changed = clock_timestamp()
                where derivation_id = $1
                """, [derivation, place])
            _ = try await connection.query("select make_available(array[$1::int])", [derivation])
        }
    }

    /// Another try in `seconds`.
    package func sourceFailed(_ derivation: Int, error: String, retryIn seconds: Double) async throws {
        _ = try await pool.query(
            """
            update source set state = 'wanted', error = $2, changed = clock_timestamp(),
                              retry_at = clock_timestamp() + make_interval(secs => $3)
            where derivation_id = $1
            """, [derivation, error, seconds])
    }

    /// The source is nowhere to be had: its derivation is `source-lost`, and what needs it cannot be built.
    package func sourceLost(_ derivation: Int, name: String, error: String) async throws {
        try await pool.transaction { connection in
            _ = try await connection.query(
                """
                update source set state = 'lost', error = $2, changed = clock_timestamp() where derivation_id = $1
                """, [derivation, error])
            _ = try await connection.query(
                "update derivation set verdict = 'source-lost' where id = $1", [derivation])
            _ = try await connection.query(
                "select make_unavailable(array[$1::int], $2)", [derivation, "the source \(name) is lost: \(error)"])
            _ = try await connection.query("select pg_notify('almanac_builds', '')")
        }
    }

    /// Seconds until the next source may be tried again; nil when none waits.
    package func nextSourceRetry() async throws -> Double? {
        try await pool.query(
            """
            select extract(epoch from min(retry_at) - clock_timestamp())::float8 seconds from source
            where state = 'wanted' and retry_at is not null
            """
        ).first.flatMap { try $0.decode("seconds") }
    }
}
