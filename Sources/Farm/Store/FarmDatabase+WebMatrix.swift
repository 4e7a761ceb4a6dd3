// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// What became of packages in the revisions of a jobset: one row a package, one column an evaluation.
package struct RevisionMatrix: Codable, Sendable {
    package struct Column: Codable, Sendable {
        package var evaluation: Int
        package var commit: String
        package var date: Instant
    }

    package struct Cell: Codable, Sendable {
        package var evaluation: Int
        package var version: String
        /// Null while it is not known.
        package var verdict: Verdict?
        /// Of the screening build; null where the channel gives no derivation.
        package var state: String?
        package var build: Int?
        package var trap: Int?
    }

    package struct Row: Codable, Sendable {
        package var job: String
        package var cells: [Cell]
    }

    /// By date of the revision, oldest first.
    package var columns: [Column]
    /// By name.
    package var rows: [Row]
}

/// A job of two evaluations that differs between them.
package struct CellChange: Codable, Sendable {
    package var job: String
    package var change: JobDifference
    /// Null where the evaluation has no such job.
    package var before: RevisionMatrix.Cell?
    package var after: RevisionMatrix.Cell?
}

extension FarmDatabase {
    /// The newest revisions of a jobset that were evaluated, by date, and packages by name.
    ///
    /// - Parameters:
    ///   - columns: how many evaluations, at most.
    ///   - after: jobs whose names come after this one only, for paging.
    ///   - troubled: only jobs that are not sound in one of the evaluations.
    package func matrix(
        jobset: String, columns: Int = 12, after: String? = nil, troubled: Bool = false, limit: Int = 100
    ) async throws -> RevisionMatrix {
        let found = try await pool.query(
            """
            select * from (
              select distinct on (r.id) e.id, r.commit, r.date from evaluation e
              join jobset s on s.id = e.jobset_id join revision r on r.id = e.revision_id
              where s.name = $1 and e.state = 'succeeded' order by r.id, e.id desc) q
            order by date desc, id desc limit $2
            """, [jobset, columns]
        ).reversed().map { row in
            RevisionMatrix.Column(
                evaluation: try row.decode("id"), commit: try row.decode("commit"), date: try row.instant("date"))
        }
        let evaluations = found.map(\.evaluation)
        let names = try await pool.query(
            """
            select distinct j.name from job j left join derivation d on d.id = j.derivation_id
            where j.evaluation_id = any($1::int[]) and ($2::text is null or j.name > $2)
              and (not $3 or d.verdict is distinct from 'sound') order by j.name limit $4
            """, [evaluations, after, troubled, limit]
        ).map { try $0.decode("name", as: String.self) }
        let byJob = try await cells(evaluations: evaluations, jobs: names)
        return RevisionMatrix(
            columns: found, rows: names.map { RevisionMatrix.Row(job: $0, cells: byJob[$0] ?? []) })
    }

    private func cells(
        evaluations: [Int], jobs: [String]
    ) async throws -> [String: [RevisionMatrix.Cell]] {
        let rows = try await pool.query(
            """
            select j.evaluation_id, j.name, j.version, d.verdict::text verdict, b.state::text state, b.id build, t.id trap
            from job j left join derivation d on d.id = j.derivation_id left join trap t on t.derivation_id = d.id
            left join lateral (select id, state from build where derivation_id = d.id and investigation_id is null
                               order by id limit 1) b on true
            where j.evaluation_id = any($1::int[]) and j.name = any($2::text[]) order by j.evaluation_id
            """, [evaluations, jobs])
        var cells: [String: [RevisionMatrix.Cell]] = [:]
        for row in rows { cells[try row.decode("name"), default: []].append(try Self.cell(row)) }
        return cells
    }

    private static func cell(_ row: PostgresRow) throws -> RevisionMatrix.Cell {
        RevisionMatrix.Cell(
            evaluation: try row.decode("evaluation_id"), version: try row.decode("version"),
            verdict: try row.optionalWord("verdict"), state: try row.decode("state"), build: try row.decode("build"),
            trap: try row.decode("trap"))
    }

    /// Jobs whose derivations differ between two evaluations, by name.
    ///
    /// - Parameter after: jobs whose names come after this one only, for paging.
    package func changes(
        from old: Int, to new: Int, after: String? = nil, limit: Int = 100
    ) async throws -> [CellChange] {
        let names = try await pool.query(
            """
            select coalesce(a.name, b.name) job
            from (select name, derivation_id from job where evaluation_id = $1) a
            full join (select name, derivation_id from job where evaluation_id = $2) b on a.name = b.name
            where (a.name is null or b.name is null or a.derivation_id is distinct from b.derivation_id)
              and ($3::text is null or coalesce(a.name, b.name) > $3)
            order by 1 limit $4
            """, [old, new, after, limit]
        ).map { try $0.decode("job", as: String.self) }
        let byJob = try await cells(evaluations: [old, new], jobs: names)
        return names.map { name in
            let before = byJob[name]?.first { $0.evaluation == old }
            let after = byJob[name]?.first { $0.evaluation == new }
            let change = JobDifference(
                from: (before != nil, before?.verdict), to: (after != nil, after?.verdict))
            return CellChange(job: name, change: change, before: before, after: after)
        }
    }
}
