// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres
package import TimeTravel

/// Which entries of the catalog are asked for; nil takes all.
package struct TrapFilter: Sendable {
    package var id: Int?
    package var derivation: DerivationName?
    package var package: String?
    package var axis: Axis?
    package var cause: Cause?
    package var verdict: Verdict?
    package var status: TrapRecord.Status?
    /// Traps with a window that surely contains this instant: the package is known to build then.
    package var at: Instant?
    /// Words in the entry, as PostgreSQL's `websearch_to_tsquery` takes them, or a part of the package's name.
    package var words: String?
    package var order = Order.number
    /// Only entries that come after the one of this number, for paging.
    package var after: Int?
    package var limit = 100

    /// The order of a list, each with the number as the last word.
    package enum Order: String, CaseIterable, Sendable {
        case number, newest, edge, package

        var columns: String {
            switch self {
            case .number: "n.id"
            case .newest: "n.created desc, n.id desc"
            case .edge: "n.first_bad, n.id"
            case .package: "n.package, n.version, n.id"
            }
        }

        /// Which entries come after one.
        ///
        /// - Parameter number: the name of the parameter with its number.
        func isAfter(_ number: String) -> String {
            switch self {
            case .number: "n.id > \(number)"
            case .newest: "(n.created, n.id) < (select created, id from trap where id = \(number))"
            case .edge: "(n.first_bad, n.id) > (select first_bad, id from trap where id = \(number))"
            case .package:
                "(n.package, n.version, n.id) > (select package, version, id from trap where id = \(number))"
            }
        }
    }

    package init() {}
}

/// An entry of the catalog with what the record itself does not carry.
package struct TrapEntry: Sendable {
    package let record: TrapRecord
    package let investigation: Int
    /// The next instant known to be bad, where one lies at the end of a window.
    package let firstBad: Instant?
    package let created: Instant
    package let changed: Instant
}

extension FarmDatabase {
    /// - Parameter withRevisions: without them the database need not look into every evaluation.
    private static func trapEntryQuery(withRevisions: Bool) -> String {
        """
        select q.id, q.package, q.version, q.hash, q.name, q.verdict, q.axis, q.windows, q.periodic, q.cpu_edge, q.cause,
               q.evidence, q.probability, q.runs, q.status, q.date, q.cpu, q.kernel, q.cores,
               \(withRevisions ? "q.revisions" : "'{}'::text[] revisions"),
               n.investigation_id, n.first_bad, n.created, n.changed
        from (\(trapQuery)) q join trap n on n.id = q.id
        """
    }

    private static func trapEntry(_ row: PostgresRow) throws -> TrapEntry {
        TrapEntry(
            record: try trapRecord(row), investigation: try row.decode("investigation_id"),
            firstBad: try row.optionalInstant("first_bad"), created: try row.instant("created"),
            changed: try row.instant("changed"))
    }

    /// The catalog's entries that a filter lets through, in its order; entries without an edge are not in that by edge.
    package func trapEntries(_ filter: TrapFilter, withRevisions: Bool = true) async throws -> [TrapEntry] {
        var query = QueryFilter()
        query.add(filter.id) { "n.id = \($0)" }
        query.add(filter.package) { "n.package = \($0)" }
        query.add(filter.axis?.rawValue) { "n.axis = \($0)" }
        query.add(filter.cause?.rawValue) { "n.cause = \($0)" }
        query.add(filter.verdict?.rawValue) { "n.verdict::text = \($0)" }
        query.add(filter.status?.rawValue) { "n.status::text = \($0)" }
        query.add(filter.at?.timestamp) {
            """
            exists (select from jsonb_array_elements(n.windows) w
                    where coalesce((w #>> '{notBefore,firstGood}')::timestamptz <= \($0), true)
                      and coalesce((w #>> '{notAfter,lastGood}')::timestamptz >= \($0), true))
            """
        }
        query.add(filter.after) { filter.order.isAfter($0) }
        query.add(filter.words) {
            """
            n.words @@ websearch_to_tsquery('simple', \($0))
            or n.package ilike '%' || regexp_replace(\($0), '([\\\\%_])', '\\\\\\1', 'g') || '%'
            """
        }
        if filter.order == .edge { query.add("n.first_bad is not null") }
        query.add(filter.derivation?.hash) { "q.hash = \($0)" }
        query.add(filter.derivation?.name) { "q.name = \($0)" }
        let limit = query.parameter(filter.limit)
        return try await pool.query(
            """
            \(Self.trapEntryQuery(withRevisions: withRevisions))
            \(query.clause) order by \(filter.order.columns) limit \(limit)
            """, query.parameters
        ).map(Self.trapEntry)
    }

    /// The entries found last, newest first, without revisions.
    package func newestTraps(limit: Int) async throws -> [TrapEntry] {
        try await pool.query(
            Self.trapEntryQuery(withRevisions: false) + " order by n.created desc, n.id desc limit $1", [limit]
        )
        .map(Self.trapEntry)
    }

    /// Open traps whose next bad instant is still to come, soonest first, without revisions.
    package func comingTraps(after now: Instant, limit: Int) async throws -> [TrapEntry] {
        try await pool.query(
            Self.trapEntryQuery(withRevisions: false) + """

                where n.first_bad > $1 and n.status in ('open', 'annotated') order by n.first_bad, n.id limit $2
                """, [now.timestamp, limit]
        ).map(Self.trapEntry)
    }
}

/// One step in the history of a catalog entry.
package struct TrapChange: Sendable {
    package let made: Instant
    /// What was different before; nil where the entry was new.
    package let before: PostgresJSON?
    /// The same as it has been since.
    package let after: PostgresJSON
}

extension FarmDatabase {
    /// What became of a catalog entry, oldest first.
    package func changes(ofTrap id: Int) async throws -> [TrapChange] {
        try await pool.query("select made, before, after from trap_change where trap_id = $1 order by id", [id]).map {
            TrapChange(
                made: try $0.instant("made"), before: try $0.decode("before"), after: try $0.decode("after"))
        }
    }
}

extension FarmDatabase {
    /// Whether the newest job of a package is sound.
    package func isSound(package: String) async throws -> Bool {
        try await pool.query(
            """
            select d.verdict = 'sound' sound from job j join derivation d on d.id = j.derivation_id
            where j.package = $1 order by j.evaluation_id desc limit 1
            """, [package]
        ).first.map { try $0.decode("sound", as: Bool?.self) ?? false } ?? false
    }
}
