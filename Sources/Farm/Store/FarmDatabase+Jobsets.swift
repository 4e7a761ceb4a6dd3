// SPDX-License-Identifier: GPL-3.0-or-later

package import Jobsets
import Postgres
package import TimeTravel

/// A jobset as the farm keeps it.
package struct StoredJobset: Sendable {
    package let id: Int
    package let channel: Int
    package let description: JobsetDescription
    package let fingerprint: String
    package let isEnabled: Bool
    package let nextDue: Instant?
}

extension FarmDatabase {
    /// Stores jobsets, all or none; a known name is replaced. Returns the names that are new or changed.
    package func store(_ descriptions: [JobsetDescription], now: Instant) async throws -> [String] {
        try await pool.transaction { connection in
            var changed: [String] = []
            for description in descriptions {
                let isNew = try await connection.query(
                    """
                    with channel as (
                      insert into channel (name, engine, url) values ($2, $3, $4)
                      on conflict (engine, url) do update set name = excluded.name returning id)
                    insert into jobset (name, channel_id, description, fingerprint, enabled, priority, shares, memory,
                                        next_due, wanted)
                    select $1, channel.id, $5, $6, $7, $8, $9, $10, $11, case when $7 then 'loaded' end from channel
                    on conflict (name) do update set
                      channel_id = excluded.channel_id, description = excluded.description,
                      fingerprint = excluded.fingerprint, priority = excluded.priority, shares = excluded.shares,
                      memory = excluded.memory,
                      enabled = case when jobset.removed is null then jobset.enabled else excluded.enabled end,
                      next_due = case when jobset.description = excluded.description and jobset.removed is null
                                      then jobset.next_due else excluded.next_due end,
                      changed = now(), removed = null, wanted = excluded.wanted
                    where jobset.description <> excluded.description or jobset.removed is not null
                    returning id
                    """,
                    [
                        description.name, description.channel.name, description.engine.rawValue,
                        description.channel.url.description, PostgresJSON(Array(try description.canonicalJSON.utf8)),
                        try description.fingerprint, description.enabled, description.priority, description.shares,
                        max(1, Int(description.limits.memory.bytes >> 20)),
                        description.schedule?.next(after: now)?.timestamp,
                    ])
                if !isNew.isEmpty { changed.append(description.name) }
            }
            _ = try await connection.query("select pg_notify('almanac_evaluations', '')")
            return changed
        }
    }

    /// The jobsets that are not removed, by name.
    package func jobsets() async throws -> [StoredJobset] {
        try await pool.query(
            """
            select id, channel_id, description, fingerprint, enabled, next_due from jobset
            where removed is null order by name
            """
        ).map(Self.storedJobset)
    }

    package func jobset(named name: String) async throws -> StoredJobset {
        let found = try await jobsets()
        guard let jobset = found.first(where: { $0.description.name == name }) else {
            throw FarmError.unknownJobset(name, known: found.map(\.description.name))
        }
        return jobset
    }

    package func jobset(_ id: Int) async throws -> StoredJobset? {
        try await pool.query(
            "select id, channel_id, description, fingerprint, enabled, next_due from jobset where id = $1", [id]
        ).first.map(Self.storedJobset)
    }

    private static func storedJobset(_ row: PostgresRow) throws -> StoredJobset {
        StoredJobset(
            id: try row.decode("id"), channel: try row.decode("channel_id"),
            description: try JobsetDescription(canonicalJSON: try row.decode("description")),
            fingerprint: try row.decode("fingerprint"), isEnabled: try row.decode("enabled"),
            nextDue: try row.optionalInstant("next_due"))
    }

    package func setEnabled(_ enabled: Bool, jobset: Int) async throws {
        _ = try await pool.query("update jobset set enabled = $2, changed = now() where id = $1", [jobset, enabled])
    }

    /// Removes a jobset: it is evaluated no more; its history stays.
    package func remove(jobset: Int) async throws {
        _ = try await pool.query(
            "update jobset set removed = now(), enabled = false, next_due = null where id = $1", [jobset])
    }

    /// Asks for an evaluation now: the server looks up the jobset's revisions and queues them.
    ///
    /// - Parameter unlessWanted: leaves the cause of one that is wanted already.
    package func trigger(jobset: Int, cause: String, unlessWanted: Bool = false) async throws {
        _ = try await pool.query(
            "update jobset set wanted = $2 where id = $1 and (wanted is null or not $3)", [jobset, cause, unlessWanted])
        _ = try await pool.query("select pg_notify('almanac_evaluations', '')")
    }

    /// Enabled jobsets that somebody asked to evaluate, with the reason, and those whose schedule has come.
    package func wantedJobsets(now: Instant) async throws -> [(jobset: StoredJobset, cause: String)] {
        try await pool.query(
            """
            select id, channel_id, description, fingerprint, enabled, next_due, coalesce(wanted, 'schedule') cause
            from jobset where enabled and removed is null and (wanted is not null or next_due <= $1) order by id
            """, [now.timestamp]
        ).map { (try Self.storedJobset($0), try $0.decode("cause")) }
    }

    /// Notes that a jobset's revisions were looked up, or why they could not be; its schedule goes on from here.
    package func lookedUp(jobset: StoredJobset, nextDue: Instant?, problem: String?) async throws {
        _ = try await pool.query(
            "update jobset set wanted = null, next_due = $2, problem = $3 where id = $1 and description = $4",
            [jobset.id, nextDue?.timestamp, problem, PostgresJSON(Array(try jobset.description.canonicalJSON.utf8))])
    }

    /// What `almanac jobset list` and the API show.
    package func jobsetRecords() async throws -> [JobsetRecord] {
        try await pool.query(
            """
            select j.id, j.name, j.description, j.enabled, j.priority, j.next_due, c.engine, c.url,
                   (select count(*) from evaluation e where e.jobset_id = j.id) evaluations,
                   (select max(id) from evaluation e where e.jobset_id = j.id) latest
            from jobset j join channel c on c.id = j.channel_id where j.removed is null order by j.name
            """
        ).map { row in
            let description = try JobsetDescription(canonicalJSON: try row.decode("description"))
            return JobsetRecord(
                id: try row.decode("id"), name: try row.decode("name"), description: description.description,
                engine: try row.decode("engine"), channel: try row.decode("url"), enabled: try row.decode("enabled"),
                priority: try row.decode("priority"),
                schedule: description.schedule.map { "\($0.cron) \($0.timeZone)" },
                nextDue: try row.optionalInstant("next_due"), evaluations: try row.decode("evaluations"),
                latestEvaluation: try row.decode("latest"))
        }
    }
}
