// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// Conditions under which a package is to be built, with where they come from.
package struct AnnotationRecord: Codable, Sendable {
    package var id: Int
    package var package: String
    /// Null: every version.
    package var version: String?
    /// Base name of the derivation that it was measured on or set for.
    package var derivation: String?
    /// `measured` or `person`.
    package var origin: String
    package var conditions: Annotation
    package var note: String
    /// The name of the token it was set with.
    package var author: String?
    package var created: Instant
}

extension FarmDatabase {
    /// Annotations, newest first.
    ///
    /// - Parameter before: only those with a smaller number, for paging.
    package func annotations(
        package: String? = nil, trap: Int? = nil, origin: String? = nil, before: Int? = nil, limit: Int = 100
    ) async throws -> [AnnotationRecord] {
        try await pool.query(
            """
            select a.id, a.package, a.version, d.hash, d.name, a.derivation_id is not null has_derivation, a.origin, a.date,
                   a.cpu, a.kernel, a.cores, a.note, a.author, a.created
            from annotation a left join derivation d on d.id = a.derivation_id
            where ($1::text is null or a.package = $1)
              and ($2::int is null or a.derivation_id = (select derivation_id from trap where id = $2))
              and ($3::text is null or a.origin = $3::annotation_origin) and ($4::int is null or a.id < $4)
            order by a.id desc limit $5
            """, [package, trap, origin, before, limit]
        ).map { row in
            AnnotationRecord(
                id: try row.decode("id"), package: try row.decode("package"), version: try row.decode("version"),
                derivation: try row.decode("has_derivation") ? try row.derivationPath() : nil,
                origin: try row.decode("origin"),
                conditions: Annotation(
                    date: try row.optionalInstant("date"), cpu: try row.optionalWord("cpu"),
                    kernel: try row.optionalWord("kernel"), cores: try row.decode("cores")),
                note: try row.decode("note"), author: try row.decode("author"), created: try row.instant("created"))
        }
    }

    /// Writes down what a person says of a trap; an open trap is `annotated` from then on.
    ///
    /// - Returns: the annotation's number; nil where there is no such trap.
    package func annotate(
        trap: Int, _ conditions: Annotation, note: String, author: String
    ) async throws -> Int? {
        try await pool.transaction { connection in
            let rows = try await connection.query(
                """
                insert into annotation (package, version, derivation_id, origin, date, cpu, kernel, cores, note, author)
                select package, version, derivation_id, 'person', $2, $3, $4, $5, $6, $7 from trap where id = $1
                returning id
                """,
                [
                    trap, conditions.date?.timestamp, conditions.cpu?.rawValue, conditions.kernel?.rawValue,
                    conditions.cores, note, author,
                ])
            _ = try await connection.query(
                "update trap set status = 'annotated', changed = now() where id = $1 and status = 'open'", [trap])
            return try rows.first?.decode("id")
        }
    }

    /// Takes back what a person said; what was measured stays.
    ///
    /// - Returns: whether there was such an annotation.
    package func withdrawAnnotation(_ id: Int) async throws -> Bool {
        try await pool.transaction { connection in
            let gone = try await connection.query(
                "delete from annotation where id = $1 and origin = 'person' returning derivation_id", [id])
            guard let row = gone.first else { return false }
            let derivation: Int? = try row.decode("derivation_id")
            _ = try await connection.query(
                """
                update trap set status = 'open', changed = now() where derivation_id = $1 and status = 'annotated'
                  and not exists (select from annotation where derivation_id = $1 and origin = 'person')
                """, [derivation])
            return true
        }
    }
}
