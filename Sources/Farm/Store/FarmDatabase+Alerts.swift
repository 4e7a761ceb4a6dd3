// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Jobsets
import Postgres
package import TimeTravel

/// How alerts come about: each is written into the outbox in the transaction that makes it true, once for each target.
extension FarmDatabase {
    /// Queues an alert unless one with the same key was queued before.
    ///
    /// - Parameter parts: what makes it this alert and no other; with kind and target they are the key.
    static func queue(
        _ content: AlertContent, _ kind: AlertKind, parts: [String], jobset: Int?, to target: AlertTarget,
        _ connection: PostgresConnection
    ) async throws {
        var content = content
        if let trap = content.trap, let jobset {
            content.maintainers = try await maintainers(ofTrap: trap.id, jobset: jobset, connection)
        }
        guard target.wants(kind, package: content.trap?.package, maintainers: content.maintainers ?? []) else { return }
        let place = try PostgresJSON(encoding: target.place)
        let key = ([kind.rawValue] + parts + [String(decoding: place.bytes, as: UTF8.self)]).joined(separator: "|")
        _ = try await connection.query(
            """
            insert into outbox (key, kind, jobset_id, trap_id, target, payload, nightly, retry_at)
            values (encode(sha256(convert_to($1, 'UTF8')), 'hex'), $2, $3, $4, $5, $6, $7,
                    case when $7 then next_digest() else clock_timestamp() end)
            on conflict (key) do nothing
            """,
            [
                key, kind.rawValue, jobset, content.trap?.id, place, try PostgresJSON(encoding: content),
                target.grouping == .nightly,
            ])
        _ = try await connection.query("select pg_notify('almanac_outbox', '')")
    }

    /// Who looks after a trap's package in the newest of the jobset's revisions that say so; nil where nobody is named.
    private static func maintainers(
        ofTrap trap: Int, jobset: Int, _ connection: PostgresConnection
    ) async throws -> [String]? {
        let row = try await connection.query(
            """
            select j.meta ->> 'maintainers' names from trap t join job j on j.derivation_id = t.derivation_id
            join evaluation e on e.id = j.evaluation_id
            where t.id = $1 and e.jobset_id = $2 and j.meta ->> 'maintainers' is not null order by e.id desc limit 1
            """, [trap, jobset]
        ).first
        let names: String? = try row?.decode("names")
        return names?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// What makes a trap the same to who is told of it, whatever the derivation.
    static func identity(_ trap: TrapRecord) throws -> [String] {
        let windows = try PostgresJSON(encoding: trap.windows)
        return [
            trap.package, trap.axis.rawValue, trap.cause.rawValue, String(decoding: windows.bytes, as: UTF8.self),
        ]
    }

    static func trap(_ id: Int, _ connection: PostgresConnection) async throws -> TrapRecord? {
        try await connection.query(trapQuery + "\nwhere t.id = $1", [id]).first.map(trapRecord)
    }

    /// Queues the alerts of a trap, in the transaction that records it.
    ///
    /// A jobset's first evaluations (those made when it was loaded) alert nobody: what is in one of them is known to
    /// whoever loaded the jobset.
    static func queueNewTrap(_ trap: Int, derivation: Int, _ connection: PostgresConnection) async throws {
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
        guard !concerned.isEmpty, let record = try await Self.trap(trap, connection) else { return }
        for row in concerned {
            let jobset = try JobsetDescription(canonicalJSON: try row.decode("description"))
            for target in jobset.alerts {
                try await queue(
                    AlertContent(.newTrap, jobset: jobset.name, trap: record), .newTrap, parts: try identity(record),
                    jobset: try row.decode("id"), to: target, connection)
            }
        }
    }

    /// Queues the alerts of a jobset that evaluated the last time and does not now; not of its first evaluation.
    static func queueEvaluationFailure(_ evaluation: Int, _ connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            """
            select s.id, s.description, r.commit, e.error from evaluation e
            join jobset s on s.id = e.jobset_id join revision r on r.id = e.revision_id
            where e.id = $1 and e.cause <> 'loaded' and s.removed is null and (
              select p.state from evaluation p
              where p.jobset_id = e.jobset_id and p.id < e.id and p.state in ('succeeded', 'failed')
              order by p.id desc limit 1) = 'succeeded'
            """, [evaluation])
        guard let row = rows.first else { return }
        let jobset = try JobsetDescription(canonicalJSON: try row.decode("description"))
        let error: String = try row.decode("error")
        for target in jobset.alerts {
            try await queue(
                AlertContent(
                    .evaluationFailed, jobset: jobset.name, evaluation: evaluation, commit: try row.decode("commit"),
                    text: String(error.prefix(1_000))),
                .evaluationFailed, parts: ["\(evaluation)"], jobset: try row.decode("id"), to: target, connection)
        }
    }

    /// Queues what the operator is to know of the farm itself: each trouble once a day while it lasts.
    package func queueTrouble(_ trouble: FarmTrouble, day: CivilDate, to target: AlertTarget) async throws {
        try await pool.transaction { connection in
            try await Self.queue(
                AlertContent(.farmTrouble, text: trouble.text), .farmTrouble, parts: [trouble.kind, "\(day)"],
                jobset: nil, to: target, connection)
        }
    }
}
