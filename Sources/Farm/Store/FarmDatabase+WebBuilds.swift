// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Postgres
package import TimeTravel

/// A derivation as people and programs name it.
package enum DerivationName: Sendable, Equatable {
    /// The 20 bytes of the store path's hash.
    case hash([UInt8])
    case name(String)

    /// Reads a store path, its base name, with or without `.drv`, or a plain name.
    package init(_ text: String) {
        var base = text.split(separator: "/").last.map(String.init) ?? text
        if base.hasSuffix(".drv") { base.removeLast(4) }
        let parts = base.split(separator: "-", maxSplits: 1)
        if parts.count == 2, parts[0].utf8.count == 32, let hash = Base32.decode(parts[0].utf8), hash.count == 20 {
            self = .hash(hash)
        } else {
            self = .name(base)
        }
    }

    var hash: [UInt8]? { if case .hash(let hash) = self { hash } else { nil } }
    var name: String? { if case .name(let name) = self { name } else { nil } }
}

/// A run in few words, as lists and timelines show it.
package struct RunSummary: Codable, Sendable {
    package var id: Int64
    package var build: Int
    package var conditions: Conditions
    package var outcome: Outcome?
    package var reason: String?
    package var started: Instant
    package var finished: Instant?
    package var guestBegan: Instant?
    package var guestEnded: Instant?
    package var seconds: Double?
    package var isScreening: Bool
}

/// A build that a worker holds now.
package struct RunningBuild: Sendable {
    package let build: Int
    package let run: Int64?
    package let name: String
    package let conditions: Conditions
    package let worker: String?
    package let leased: Instant
    package let isScreening: Bool
}

extension FarmDatabase {
    /// Builds of a derivation, newest first.
    ///
    /// - Parameter before: only those with a smaller number, for paging.
    package func builds(
        of derivation: DerivationName?, state: String?, before: Int?, limit: Int
    ) async throws -> [BuildRecord] {
        try await pool.query(
            """
            select b.id, d.hash, d.name, k.date, k.cpu, k.kernel, k.cores, b.state, b.investigation_id is null screening,
                   b.pending, b.priority, b.created, b.finished, b.error, d.verdict,
                   coalesce((select array_agg(r.id order by r.id) from run r where r.build_id = b.id), '{}') runs
            from build b join derivation d on d.id = b.derivation_id join conditions k on k.id = b.conditions_id
            where ($1::bytea is null or d.hash = $1) and ($2::text is null or d.name = $2)
              and ($3::text is null or b.state::text = $3) and ($4::int is null or b.id < $4)
            order by b.id desc limit $5
            """, [derivation?.hash, derivation?.name, state, before, limit]
        ).map(Self.buildRecord)
    }

    /// All runs of a derivation, oldest first, the newest `limit` of them.
    package func runSummaries(of derivation: DerivationName, limit: Int = 1_000) async throws -> [RunSummary] {
        try await pool.query(
            """
            select r.id, r.build_id, k.date, k.cpu, k.kernel, k.cores, r.outcome, r.reason, r.started, r.finished,
                   r.guest_began, r.guest_ended, r.seconds, b.investigation_id is null screening
            from derivation d join build b on b.derivation_id = d.id join run r on r.build_id = b.id
            join conditions k on k.id = b.conditions_id
            where d.hash = $1 or d.name = $2 order by r.id desc limit $3
            """, [derivation.hash, derivation.name, limit]
        ).reversed().map { row in
            RunSummary(
                id: try row.decode("id"), build: try row.decode("build_id"), conditions: try row.conditions(),
                outcome: try row.optionalWord("outcome"), reason: try row.decode("reason"),
                started: try row.instant("started"), finished: try row.optionalInstant("finished"),
                guestBegan: try row.optionalInstant("guest_began"), guestEnded: try row.optionalInstant("guest_ended"),
                seconds: try row.decode("seconds"), isScreening: try row.decode("screening"))
        }
    }

    /// What workers build now, longest first.
    package func runningBuilds(limit: Int) async throws -> [RunningBuild] {
        try await pool.query(
            """
            select b.id, d.name, k.date, k.cpu, k.kernel, k.cores, b.leased_at, w.name worker,
                   b.investigation_id is null screening,
                   (select max(r.id) from run r where r.build_id = b.id and r.outcome is null) run
            from build b join derivation d on d.id = b.derivation_id join conditions k on k.id = b.conditions_id
            left join worker w on w.id = b.worker_id
            where b.state = 'leased' order by b.leased_at, b.id limit $1
            """, [limit]
        ).map { row in
            RunningBuild(
                build: try row.decode("id"), run: try row.decode("run"), name: try row.decode("name"),
                conditions: try row.conditions(), worker: try row.decode("worker"),
                leased: try row.instant("leased_at"),
                isScreening: try row.decode("screening"))
        }
    }
}
