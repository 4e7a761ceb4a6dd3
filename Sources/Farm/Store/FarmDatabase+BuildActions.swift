// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres

extension FarmDatabase {
    /// Cancels a build; a guest that is at it is told at its worker's next heartbeat.
    ///
    /// - Parameter why: what people are shown.
    /// - Returns: false when it had ended.
    package func cancel(build: Int, why: String) async throws -> Bool {
        let rows = try await pool.transaction { connection in
            try await connection.query("select cancel_build($1, $2) done", [build, why])
        }
        return try rows.first?.decode("done") ?? false
    }

    /// Queues a build that has ended once more.
    ///
    /// - Parameter dependents: also what failed above it, which waits for its outputs where these are missing.
    /// - Returns: how many builds were queued.
    package func restart(build: Int, dependents: Bool) async throws -> Int {
        let rows = try await pool.transaction { connection in
            try await connection.query("select restart_build($1, $2) n", [build, dependents])
        }
        return try rows.first?.decode("n") ?? 0
    }

    /// Puts a build, and all that it waits for, before everything that was not bumped.
    ///
    /// - Returns: how many builds moved.
    package func bump(build: Int) async throws -> Int {
        let rows = try await pool.transaction { connection in
            try await connection.query("select bump_build($1) n", [build])
        }
        return try rows.first?.decode("n") ?? 0
    }

    /// Keeps from expiring what a build left behind and what it is built with. Outputs of these that were given up are
    /// built again, with what that needs.
    ///
    /// - Returns: how many builds were queued for that; nil when there is no such build.
    package func pin(build: Int) async throws -> Int? {
        try await pool.transaction { connection in
            // As whatever comes to need outputs: nothing is given up meanwhile.
            _ = try await connection.query("select pg_advisory_xact_lock(4711)")
            let rows = try await connection.query(
                """
                with pinned as (update build set pinned = true where id = $1 returning derivation_id)
                select d.id || d.inputs wanted from pinned p join derivation d on d.id = p.derivation_id
                """, [build])
            guard let row = rows.first else { return nil }
            let wanted: [Int] = try row.decode("wanted")
            return try await connection.query("select rebuild_freed($1) n", [wanted]).first?.decode("n")
        }
    }

    /// Lets what a build left behind expire after all.
    package func unpin(build: Int) async throws {
        _ = try await pool.query("update build set pinned = false where id = $1", [build])
    }
}
