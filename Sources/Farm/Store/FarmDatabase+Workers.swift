// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// What a worker says of itself when it begins.
package struct WorkerOffer: Sendable, Equatable {
    /// One name is one data directory, which one worker serves at a time.
    package var name: String
    package var host: String
    /// Guests at once.
    package var capacity: Int
    /// What it can give a build: `cpu:…`, `engine:…`, `kernel:…` and `system:…`, each also with `*`. Nil: everything.
    package var features: [String]?
    /// MiB that one guest may have; nil: no limit.
    package var memory: Int?
    /// The pool's number of the job that it is; nil: none.
    package var job: String?

    package init(
        name: String, host: String, capacity: Int, features: [String]? = nil, memory: Int? = nil, job: String? = nil
    ) {
        self.name = name
        self.host = host
        self.capacity = capacity
        self.features = features
        self.memory = memory
        self.job = job
    }
}

/// The words of docs/states.md.
package enum WorkerState: String, Codable, Sendable, CaseIterable {
    case active, draining, paused, gone
}

/// A worker as lists show it.
package struct WorkerRecord: Codable, Sendable {
    package var id: Int
    package var name: String
    package var host: String
    package var state: WorkerState
    package var capacity: Int
    package var building: Int
    package var memory: Int?
    /// Null: everything.
    package var features: [String]?
    /// Why it takes nothing just now.
    package var hindrance: String?
    /// The pool's number of the job that it is.
    package var job: String?
    package var started: Instant
    package var heartbeat: Instant
}

/// What the farm answers to a heartbeat.
package struct HeartbeatReply: Sendable, Equatable {
    /// False when the farm took the worker for lost meanwhile and gave its builds to others; it is counted in again.
    package var wasKnown: Bool
    /// What is wanted of the worker; nil when no worker has this number.
    package var state: WorkerState?
    /// Runs of those it holds that are no longer its own: cancelled, or given to others.
    package var revoked: [Int64]
}

extension FarmDatabase {
    package func registerWorker(_ offer: WorkerOffer) async throws -> Int {
        let rows = try await pool.query(
            "insert into worker (name, host, capacity, offers, memory, job) values ($1, $2, $3, $4, $5, $6) returning id",
            [offer.name, offer.host, offer.capacity, offer.features, offer.memory, offer.job])
        guard let row = rows.first else { throw PostgresError.decoding(column: "id", reason: "no row") }
        return try row.decode("id")
    }

    /// Says that a worker lives.
    ///
    /// - Parameters:
    ///   - holding: the runs it is at. Another that it was given `grace` ago it never heard of, because the connection
    ///     broke after the commit: that returns to the queue.
    ///   - hindrance: why it takes nothing just now, for people.
    package func heartbeat(
        worker: Int, holding: [Int64] = [], grace: Duration = .seconds(60), hindrance: String? = nil
    ) async throws -> HeartbeatReply {
        let rows = try await pool.transaction { connection in
            try await connection.query(
                "select known, state, revoked from heartbeat($1, $2, make_interval(secs => $3), $4, $5)",
                [worker, holding, grace / .seconds(1), hindrance, Self.lossLimit])
        }
        guard let row = rows.first else { return HeartbeatReply(wasKnown: false, revoked: holding) }
        return HeartbeatReply(
            wasKnown: try row.decode("known"), state: try row.word("state"), revoked: try row.decode("revoked"))
    }

    /// Gives back what a worker holds and takes it off the list.
    package func retire(worker: Int) async throws {
        _ = try await pool.transaction { connection in
            try await connection.query("select requeue_lost('100 years', $1, $2)", [worker, Self.lossLimit])
        }
    }

    /// Gives the builds of silent workers back to the queue. Returns how many there were.
    ///
    /// What lies in the future, as the database's clock was put back, counts as of now: who waits for it would wait as long.
    package func requeueLost(silence: Duration) async throws -> Int {
        let longestPause = lossBackOff / .seconds(1) * 64
        let rows = try await pool.transaction { connection in
            _ = try await connection.query(
                """
                update worker set heartbeat = clock_timestamp()
                where state <> 'gone' and heartbeat > clock_timestamp() + interval '1 second'
                """)
            _ = try await connection.query(
                """
                update build set leased_at = clock_timestamp()
                where state = 'leased' and leased_at > clock_timestamp() + interval '1 second'
                """)
            _ = try await connection.query(
                """
                update build set retry_at = clock_timestamp()
                where state = 'ready' and retry_at > clock_timestamp() + make_interval(secs => $1::float8 + 1)
                """, [longestPause])
            return try await connection.query(
                "select requeue_lost(make_interval(secs => $1), null, $2) n", [silence / .seconds(1), Self.lossLimit])
        }
        return try rows.first?.decode("n") ?? 0
    }

    /// Workers of a name that a former server left behind are gone: one name is one data directory, which one server
    /// serves at a time.
    package func retireWorkers(named name: String) async throws {
        for row in try await pool.query("select id from worker where name = $1 and state <> 'gone'", [name]) {
            try await retire(worker: try row.decode("id"))
        }
    }

    /// Workers that are not gone, and of those that are the ones that were heard of in the last day.
    package func workerRecords() async throws -> [WorkerRecord] {
        try await pool.query(
            """
            select w.id, w.name, w.host, w.state, w.capacity, w.memory, w.offers, w.hindrance, w.job, w.started, w.heartbeat,
                   (select count(*) from build b where b.state = 'leased' and b.worker_id = w.id) building
            from worker w where w.state <> 'gone' or w.heartbeat > clock_timestamp() - interval '1 day'
            order by w.state = 'gone', w.name, w.id
            """
        ).map { row in
            WorkerRecord(
                id: try row.decode("id"), name: try row.decode("name"), host: try row.decode("host"),
                state: try row.word("state"), capacity: try row.decode("capacity"),
                building: try row.decode("building"), memory: try row.decode("memory"),
                features: try row.decode("offers"), hindrance: try row.decode("hindrance"),
                job: try row.decode("job"), started: try row.instant("started"),
                heartbeat: try row.instant("heartbeat"))
        }
    }

    /// Tells a worker to take no more builds and end (`draining`), to take none for now (`paused`), or to go on.
    ///
    /// - Returns: false when no worker that lives has this number.
    package func setState(_ state: WorkerState, worker: Int) async throws -> Bool {
        let rows = try await pool.query(
            "update worker set state = $2 where id = $1 and state <> 'gone'", [worker, state.rawValue])
        _ = try await pool.query("select pg_notify('almanac_builds', '')")
        return rows.affectedRows == 1
    }
}
