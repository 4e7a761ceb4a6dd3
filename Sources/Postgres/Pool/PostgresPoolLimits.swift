// SPDX-License-Identifier: GPL-3.0-or-later

/// The bounds of a pool.
package struct PostgresPoolLimits: Sendable {
    /// Connections open at once; each has a thread here and a process in the server.
    package var connections: Int
    /// Callers that may wait at once; one more is refused at once.
    package var waiters: Int
    /// How long a caller waits for a connection, a stopped server included.
    package var wait: Duration
    package var backoff: PostgresBackoff

    package init(
        connections: Int = 8, waiters: Int = 1_000, wait: Duration = .seconds(30),
        backoff: PostgresBackoff = PostgresBackoff()
    ) {
        precondition(connections > 0, "a pool needs at least one connection")
        self.connections = connections
        self.waiters = waiters
        self.wait = wait
        self.backoff = backoff
    }
}
