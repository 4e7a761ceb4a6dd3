// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Jobsets
package import Postgres
package import TimeTravel

/// An alert to deliver, or a digest of some to the same target.
package struct Alert: Sendable {
    /// Of the alert, or of the first in the digest.
    package let id: Int64
    package let digest: Int64?
    /// Sent along, the same at every try, so that a receiver can drop what it has seen.
    package let key: String
    package let kind: String
    package let place: AlertPlace
    package let payload: PostgresJSON
    package let attempts: Int
}

/// An alert as lists show it.
package struct AlertRecord: Codable, Sendable {
    package var id: Int64
    package var kind: String
    package var jobset: String?
    package var trap: Int?
    /// Where it goes: an address without secrets.
    package var target: String
    /// `pending`, `delivered` or `dead`.
    package var state: String
    package var attempts: Int
    package var lastError: String?
    package var created: Instant
    /// When it is tried next; null unless it is pending.
    package var nextTry: Instant?
    package var delivered: Instant?
    package var digest: Int64?
}

extension FarmDatabase {
    /// After so many failures in a row an alert is dead: kept, shown, and sent no more by itself.
    package static let deliveryLimit = 12

    /// Chooses the members of the digests whose time has come, one digest for each target.
    private func formDigests() async throws {
        try await pool.transaction { connection in
            let due = try await connection.query(
                """
                select array_agg(id order by id) members from outbox
                where state = 'pending' and nightly and digest_id is null and retry_at <= clock_timestamp()
                group by target
                """)
            for row in due {
                _ = try await connection.query(
                    """
                    with made as (insert into digest default values returning id)
                    update outbox set digest_id = made.id from made where outbox.id = any($1::bigint[])
                    """, [try row.decode("members", as: [Int64].self)])
            }
        }
    }

    /// Alerts whose time has come, oldest first. Only one deliverer runs, in the one server of a database.
    package func dueAlerts(limit: Int = 20) async throws -> [Alert] {
        try await formDigests()
        return try await pool.query(
            """
            select o.id, null::bigint digest, o.key, o.kind, o.target, o.payload, o.attempts, o.retry_at from outbox o
            where o.state = 'pending' and not o.nightly and o.retry_at <= clock_timestamp()
            union all
            select min(o.id), g.id, g.key::text, 'digest', (array_agg(o.target))[1],
                   jsonb_build_object('kind', 'digest', 'alerts', jsonb_agg(o.payload order by o.id)),
                   max(o.attempts), min(o.retry_at)
            from outbox o join digest g on g.id = o.digest_id
            where o.state = 'pending' and o.retry_at <= clock_timestamp() group by g.id
            order by 8, 1 limit $1
            """, [limit]
        ).map { row in
            Alert(
                id: try row.decode("id"), digest: try row.decode("digest"), key: try row.decode("key"),
                kind: try row.decode("kind"), place: try row.json("target"), payload: try row.decode("payload"),
                attempts: try row.decode("attempts"))
        }
    }

    /// Seconds until the next alert may be tried; nil when none waits.
    package func nextAlert() async throws -> Double? {
        try await pool.query(
            """
            select extract(epoch from min(retry_at) - clock_timestamp())::float8 seconds from outbox
            where state = 'pending'
            """
        ).first.flatMap { try $0.decode("seconds") }
    }

    package func alertDelivered(_ alert: Alert) async throws {
        _ = try await pool.query(
            """
            update outbox set state = 'delivered', delivered = clock_timestamp(), attempts = attempts + 1,
                              last_error = null
            where state = 'pending' and case when $2::bigint is null then id = $1 else digest_id = $2 end
            """, [alert.id, alert.digest])
    }

    package func alertFailed(_ alert: Alert, error: String, retryIn seconds: Double) async throws {
        _ = try await pool.query(
            """
            update outbox set attempts = attempts + 1, last_error = $3,
                              retry_at = clock_timestamp() + make_interval(secs => $4),
                              state = case when attempts + 1 >= $5 then 'dead'::outbox_state else state end
            where state = 'pending' and case when $2::bigint is null then id = $1 else digest_id = $2 end
            """, [alert.id, alert.digest, String(error.prefix(2_000)), seconds, Self.deliveryLimit])
    }

    /// Alerts, newest first.
    ///
    /// - Parameter before: only those with a smaller number, for paging.
    package func alertRecords(
        id: Int64? = nil, state: String? = nil, before: Int64? = nil, limit: Int = 100
    ) async throws -> [AlertRecord] {
        try await pool.query(
            """
            select o.id, o.kind, j.name jobset, o.trap_id, o.target, o.state, o.attempts, o.last_error, o.created,
                   case when o.state = 'pending' then o.retry_at end next_try, o.delivered, o.digest_id
            from outbox o left join jobset j on j.id = o.jobset_id
            where ($1::bigint is null or o.id = $1) and ($2::outbox_state is null or o.state = $2::outbox_state)
              and ($3::bigint is null or o.id < $3)
            order by o.id desc limit $4
            """, [id, state, before, limit]
        ).map { row in
            AlertRecord(
                id: try row.decode("id"), kind: try row.decode("kind"), jobset: try row.decode("jobset"),
                trap: try row.decode("trap_id"), target: try row.json("target", as: AlertPlace.self).shown,
                state: try row.decode("state"), attempts: try row.decode("attempts"),
                lastError: try row.decode("last_error"), created: try row.instant("created"),
                nextTry: try row.optionalInstant("next_try"), delivered: try row.optionalInstant("delivered"),
                digest: try row.decode("digest_id"))
        }
    }

    /// Lets a dead alert, or all that are dead, be tried again at once, with their digests.
    ///
    /// - Returns: how many there were.
    package func retryAlerts(id: Int64? = nil) async throws -> Int {
        let found = try await pool.query(
            """
            update outbox set state = 'pending', attempts = 0, retry_at = clock_timestamp()
            where state = 'dead' and ($1::bigint is null or id = $1
              or digest_id = (select digest_id from outbox where id = $1))
            """, [id])
        _ = try await pool.query("select pg_notify('almanac_outbox', '')")
        return found.affectedRows
    }
}

extension AlertPlace {
    /// As lists and logs show it: of a URL no query, which may hold a secret.
    package var shown: String {
        switch self {
        case .email(let address): address
        case .webhook(let url, _, _): String(url.prefix { $0 != "?" })
        }
    }
}
