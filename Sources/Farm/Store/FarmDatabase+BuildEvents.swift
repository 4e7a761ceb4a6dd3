// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// What became of a derivation, as a Guix Data Service is told.
package struct BuildEvent: Sendable, Equatable {
    package let id: Int64
    /// Base name of the `.drv`.
    package let derivation: String
    package let build: Int
    /// `scheduled`, `started`, `succeeded`, `failed`, `failed-dependency` or `canceled`.
    package let event: String
    package let time: Instant
}

extension FarmDatabase {
    /// Has events noted from now on, or no more; what was not delivered to another target is dropped.
    ///
    /// - Parameter target: nil: nobody wants to be told.
    package func wantBuildEvents(at target: String?) async throws {
        _ = try await pool.query("select want_build_events($1)", [target])
    }

    /// The oldest events that were not delivered.
    package func dueBuildEvents(limit: Int = 500) async throws -> [BuildEvent] {
        try await pool.query(
            """
            select e.id, d.hash, d.name, e.build_id, e.event, e.at
            from build_event e join derivation d on d.id = e.derivation_id order by e.id limit $1
            """, [limit]
        ).map { row in
            BuildEvent(
                id: try row.decode("id"), derivation: try row.derivationPath(), build: try row.decode("build_id"),
                event: try row.decode("event"), time: try row.instant("at"))
        }
    }

    package func delivered(_ events: [BuildEvent]) async throws {
        _ = try await pool.query("delete from build_event where id = any($1)", [events.map(\.id)])
    }
}
