// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// A git repository of package definitions.
package struct ChannelRecord: Codable, Sendable {
    package var id: Int
    package var name: String
    package var engine: String
    package var url: String
    package var revisions: Int
    package var newest: Instant?
    /// Names of the jobsets that evaluate it.
    package var jobsets: [String]
}

/// A commit of a channel.
package struct RevisionRecord: Codable, Sendable {
    package var id: Int
    package var channel: String
    package var commit: String
    package var date: Instant
    package var subject: String
    package var evaluations: [Int]
}

/// A host process that boots guests.
package struct WorkerSummary: Codable, Sendable {
    package var id: Int
    package var name: String
    package var host: String
    package var state: String
    /// Guests it runs at once.
    package var capacity: Int
    package var started: Instant
    package var heartbeat: Instant
    /// Builds it holds now.
    package var running: [Int]
    package var runs: Int
    /// The pool's number of the job that it is.
    package var job: String?
}

/// An investigation in few words.
package struct InvestigationRecord: Codable, Sendable {
    package var id: Int
    package var derivation: String
    package var state: String
    package var created: Instant
    package var concluded: Instant?
    package var verdict: Verdict?
    package var steps: Int
    package var trap: Int?
}

extension FarmDatabase {
    package func channels() async throws -> [ChannelRecord] {
        try await pool.query(
            """
            select c.id, c.name, c.engine::text engine, c.url,
                   (select count(*) from revision r where r.channel_id = c.id) revisions,
                   (select max(r.date) from revision r where r.channel_id = c.id) newest,
                   coalesce((select array_agg(j.name order by j.name) from jobset j
                             where j.channel_id = c.id and j.removed is null), '{}') jobsets
            from channel c order by c.name, c.id
            """
        ).map { row in
            ChannelRecord(
                id: try row.decode("id"), name: try row.decode("name"), engine: try row.decode("engine"),
                url: try row.decode("url"), revisions: try row.decode("revisions"),
                newest: try row.optionalInstant("newest"), jobsets: try row.decode("jobsets"))
        }
    }

    /// Revisions by number, the last recorded first.
    package func revisions(
        channel: String? = nil, commit: String? = nil, before: Int? = nil, limit: Int = 100
    ) async throws -> [RevisionRecord] {
        try await pool.query(
            """
            select r.id, c.name channel, r.commit, r.date, r.subject,
                   coalesce((select array_agg(e.id order by e.id) from evaluation e where e.revision_id = r.id), '{}') evals
            from revision r join channel c on c.id = r.channel_id
            where ($1::text is null or c.name = $1) and ($2::text is null or starts_with(r.commit, $2))
              and ($3::int is null or r.id < $3)
            order by r.id desc limit $4
            """, [channel, commit, before, limit]
        ).map { row in
            RevisionRecord(
                id: try row.decode("id"), channel: try row.decode("channel"), commit: try row.decode("commit"),
                date: try row.instant("date"), subject: try row.decode("subject"),
                evaluations: try row.decode("evals"))
        }
    }

    /// Workers, those that are there first, then the last that were; of the gone ones the newest.
    package func workers(id: Int? = nil, limit: Int = 200) async throws -> [WorkerSummary] {
        try await pool.query(
            """
            select w.id, w.name, w.host, w.state::text state, w.capacity, w.started, w.heartbeat, w.job,
                   coalesce((select array_agg(b.id order by b.id) from build b
                             where b.state = 'leased' and b.worker_id = w.id), '{}') running,
                   coalesce((select c.n from counted c where c.what = 'worker' and c.state = w.id::text), 0) runs
            from worker w where $1::int is null or w.id = $1
            order by w.state = 'gone', w.id desc limit $2
            """, [id, limit]
        ).map { row in
            WorkerSummary(
                id: try row.decode("id"), name: try row.decode("name"), host: try row.decode("host"),
                state: try row.decode("state"), capacity: try row.decode("capacity"),
                started: try row.instant("started"), heartbeat: try row.instant("heartbeat"),
                running: try row.decode("running"), runs: try row.decode("runs"),
                job: try row.decode("job"))
        }
    }

    /// Investigations, newest first.
    package func investigations(
        state: String? = nil, before: Int? = nil, limit: Int = 100
    ) async throws -> [InvestigationRecord] {
        try await pool.query(
            """
            select i.id, d.hash, d.name, i.state::text state, i.created, i.concluded, i.finding ->> 'verdict' verdict,
                   (select count(*) from investigation_step s where s.investigation_id = i.id) steps, t.id trap
            from investigation i join derivation d on d.id = i.derivation_id
            left join trap t on t.derivation_id = i.derivation_id
            where ($1::investigation_state is null or i.state = $1::investigation_state) and ($2::int is null or i.id < $2)
            order by i.id desc limit $3
            """, [state, before, limit]
        ).map { row in
            InvestigationRecord(
                id: try row.decode("id"), derivation: try row.derivationPath(), state: try row.decode("state"),
                created: try row.instant("created"), concluded: try row.optionalInstant("concluded"),
                verdict: try row.optionalWord("verdict"), steps: try row.decode("steps"), trap: try row.decode("trap"))
        }
    }
}
