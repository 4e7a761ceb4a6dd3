// SPDX-License-Identifier: GPL-3.0-or-later

import Guests
import Jobsets
import Postgres

extension FarmDatabase {
    /// Of these runs, the ones that nobody is at any more: closed so many seconds ago, by a worker that is gone and was not
    /// heard of since. All by the database's clock.
    func abandoned(runs: [Int64], seconds: Int64) async throws -> [Int64] {
        try await pool.query(
            """
            select r.id from run r join worker w on w.id = r.worker_id
            where r.id = any($1) and r.outcome is not null and w.state = 'gone'
              and greatest(r.finished, w.heartbeat) < clock_timestamp() - make_interval(secs => $2::bigint)
            order by r.id
            """, [runs, seconds]
        ).map { try $0.decode("id") }
    }

    /// Seconds that a build may take at most.
    func longestBuildTime() async throws -> Int64 {
        try await pool.query("select description from jobset").map {
            try JobsetDescription(canonicalJSON: try $0.decode("description")).limits.buildTime.seconds
        }.reduce(BuildLimits().wallTime.components.seconds, max)
    }

    /// The pool's jobs whose worker is there.
    func livingJobs() async throws -> Set<String> {
        Set(
            try await pool.query("select job from worker where job is not null and state <> 'gone'")
                .map { try $0.decode("job", as: String.self) })
    }
}
