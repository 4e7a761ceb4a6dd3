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

    /// Keeps what a build left behind from expiring, or no longer.
    ///
    /// - Returns: false when there is no such build.
    package func setPinned(_ pinned: Bool, build: Int) async throws -> Bool {
        try await pool.query("update build set pinned = $2 where id = $1", [build, pinned]).affectedRows == 1
    }
}
