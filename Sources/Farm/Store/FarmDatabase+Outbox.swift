// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Jobsets
package import Postgres
import TimeTravel

/// An alert to deliver.
package struct Alert: Sendable {
    package let id: Int64
    /// Sent along, so that a receiver can drop what it has seen.
    package let key: String
    package let kind: String
    package let target: AlertTarget
    package let payload: PostgresJSON
    package let attempts: Int
}

extension FarmDatabase {
    /// After so many failures an alert is dead: kept, shown, and sent no more by itself.
    package static let deliveryLimit = 12

    /// Queues the alerts of a trap, in the transaction that records it.
    ///
    /// A jobset's first evaluations (those made when it was loaded) alert nobody: what is in one of them is known to
    /// whoever loaded the jobset. One alert per (package, axis, cause, window, target), whatever the derivation.
    static func queueAlerts(trap: Int, derivation: Int, _ connection: PostgresConnection) async throws {
        let concerned = try await connection.query(
            """
            select s.id, s.description from jobset s
            where s.removed is null and exists (
              select from evaluation e join evaluation_derivation m on m.evaluation_id = e.id
              where e.jobset_id = s.id and m.derivations @> array[$1::int])
            and not exists (
              select from evaluation e join evaluation_derivation m on m.evaluation_id = e.id
              where e.jobset_id = s.id and e.cause = 'loaded' and m.derivations @> array[$1::int])
            """, [derivation])
        guard !concerned.isEmpty else { return }
        let found = try await connection.query(trapQuery + "\nwhere t.id = $1", [trap])
        guard let record = try found.first.map(trapRecord) else { return }
        for row in concerned {
            let jobset = try JobsetDescription(canonicalJSON: try row.decode("description"))
            for target in jobset.alerts {
                let place = try PostgresJSON(encoding: target)
                let windows = try PostgresJSON(encoding: record.windows)
                let key = [
                    "trap", record.package, record.axis.rawValue, record.cause.rawValue,
                    String(decoding: windows.bytes, as: UTF8.self), String(decoding: place.bytes, as: UTF8.self),
                ].joined(separator: "|")
                _ = try await connection.query(
                    """
                    insert into outbox (key, kind, jobset_id, trap_id, target, payload)
                    values (encode(sha256(convert_to($1, 'UTF8')), 'hex'), 'new-trap', $2, $3, $4, $5)
                    on conflict (key) do nothing
                    """,
                    [
                        key, try row.decode("id", as: Int.self), trap, place,
                        try PostgresJSON(encoding: TrapAlert(jobset: jobset.name, trap: record)),
                    ])
            }
        }
        _ = try await connection.query("select pg_notify('almanac_outbox', '')")
    }

    /// Alerts whose time has come, oldest first. Only one deliverer runs, in the one server of a database.
    package func dueAlerts(limit: Int = 20) async throws -> [Alert] {
        try await pool.query(
            """
            select id, key, kind, target, payload, attempts from outbox
            where state = 'pending' and retry_at <= clock_timestamp() order by retry_at, id limit $1
            """, [limit]
        ).map { row in
            Alert(
                id: try row.decode("id"), key: try row.decode("key"), kind: try row.decode("kind"),
                target: try AlertTarget(storedJSON: try row.decode("target")), payload: try row.decode("payload"),
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

    package func alertDelivered(_ id: Int64) async throws {
        _ = try await pool.query(
            """
            update outbox set state = 'delivered', delivered = clock_timestamp(), attempts = attempts + 1,
                              last_error = null
            where id = $1
            """, [id])
    }

    package func alertFailed(_ id: Int64, error: String, retryIn seconds: Double) async throws {
        _ = try await pool.query(
            """
            update outbox set attempts = attempts + 1, last_error = $2,
                              retry_at = clock_timestamp() + make_interval(secs => $3),
                              state = case when attempts + 1 >= $4 then 'dead'::outbox_state else state end
            where id = $1
            """, [id, error, seconds, Self.deliveryLimit])
    }
}

/// The body of a new trap's alert.
struct TrapAlert: Encodable {
    var kind = "new-trap"
    let jobset: String
    let trap: TrapRecord
}

extension AlertTarget {
    /// Reads what the encoder wrote into the outbox.
    init(storedJSON text: String) throws {
        struct Secret: Decodable {
            let environment: String?
            let file: String?
        }
        struct Stored: Decodable {
            let webhook: String?
            let secret: Secret?
            let email: String?
        }
        let stored = try JSONDecoder().decode(Stored.self, from: Data(text.utf8))
        if let url = stored.webhook, let variable = stored.secret?.environment {
            self = .webhook(url: url, secret: .environment(variable: variable))
        } else if let url = stored.webhook, let path = stored.secret?.file {
            self = .webhook(url: url, secret: .file(path: path))
        } else {
            self = .email(address: stored.email ?? "")
        }
    }
}
