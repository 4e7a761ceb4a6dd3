// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// An investigation as one who follows it sees it.
package struct FollowedInvestigation: Sendable {
    package let package: String
    package let version: String
    /// Nil while it is open.
    package let finding: Finding?
    /// Runs that have ended, oldest first.
    package let runs: [RunSummary]
}

extension FarmDatabase {
    /// Opens a concluded investigation again: its runs stay, and only what a closer precision lacks is built.
    ///
    /// - Returns: the investigation's number; an open one is only asked for the precision.
    /// - Throws: `FarmError.notInvestigated` when the name fits no investigated derivation, or several.
    package func investigateAgain(_ name: DerivationName, precision: Precision) async throws -> Int {
        let found = try await pool.query(
            """
            select i.id, d.hash, d.name from investigation i join derivation d on d.id = i.derivation_id
            where d.hash = $1 or d.name = $2 or (i.subject ->> 'package') = $2 order by i.id
            """, [name.hash, name.name])
        guard found.count == 1, let row = found.first else {
            throw FarmError.notInvestigated(candidates: try found.map { try $0.derivationPath() })
        }
        let id: Int = try row.decode("id")
        _ = try await pool.query(
            """
            update investigation i set state = 'open', finding = null, concluded = null,
              subject = i.subject || jsonb_build_object('precision', $2::text, 'buildLimit', 90 + (
                select count(*) from run r join build b on b.id = r.build_id
                where b.derivation_id = i.derivation_id and r.outcome is not null))
            where i.id = $1
            """, [id, precision.rawValue])
        _ = try await pool.query("select pg_notify('almanac_investigations', '')")
        return id
    }

    package func follow(investigation id: Int) async throws -> FollowedInvestigation? {
        let found = try await pool.query(
            """
            select d.hash, i.subject ->> 'package' package, i.subject ->> 'version' version, i.finding
            from investigation i join derivation d on d.id = i.derivation_id where i.id = $1
            """, [id]
        ).first
        guard let found else { return nil }
        let runs = try await runSummaries(of: .hash(try found.decode("hash")))
        return FollowedInvestigation(
            package: try found.decode("package", as: String?.self) ?? "",
            version: try found.decode("version", as: String?.self) ?? "",
            finding: try found.optionalJSON("finding"), runs: runs.filter { $0.outcome != nil })
    }
}
