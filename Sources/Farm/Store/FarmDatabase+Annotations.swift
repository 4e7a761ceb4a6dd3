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
    /// The build that checks what a person said; nil for measured ones, which rest on builds already.
    package var check: AnnotationCheck?
}

/// Whether a package builds under the conditions that a person named.
package struct AnnotationCheck: Codable, Sendable {
    package enum Result: String, Codable, CaseIterable, Sendable { case waiting, confirmed, refuted, cancelled }

    package var build: Int
    package var result: Result
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
                   a.cpu, a.kernel, a.cores, a.note, a.author, a.created, a.build_id, b.state::text build_state
            from annotation a left join derivation d on d.id = a.derivation_id left join build b on b.id = a.build_id
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
                note: try row.decode("note"), author: try row.decode("author"), created: try row.instant("created"),
                check: try Self.check(row))
        }
    }

    private static func check(_ row: PostgresRow) throws -> AnnotationCheck? {
        guard let build: Int = try row.decode("build_id") else { return nil }
        let result: AnnotationCheck.Result =
            switch try row.decode("build_state", as: String?.self) {
            case "succeeded": .confirmed
            case "failed": .refuted
            case "blocked", "ready", "leased": .waiting
            default: .cancelled
            }
        return AnnotationCheck(build: build, result: result)
    }

    /// Writes down what a person says of a trap; an open trap is `annotated` from then on.
    ///
    /// Conditions are checked by a build: what they leave open is as in the conditions under which the trap's derivation
    /// was seen to build, or else as its investigation takes for normal.
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
            guard let row = rows.first else { return nil }
            let id: Int = try row.decode("id")
            _ = try await connection.query(
                "update trap set status = 'annotated', changed = now() where id = $1 and status = 'open'", [trap])
            if conditions != Annotation() { try await Self.check(conditions, annotation: id, trap: trap, connection) }
            return id
        }
    }

    private static func check(
        _ said: Annotation, annotation: Int, trap: Int, _ connection: PostgresConnection
    ) async throws {
        let found = try await connection.query(
            """
            select t.derivation_id, t.investigation_id, i.subject -> 'reference' reference, a.date, a.cpu, a.kernel, a.cores,
                   (select jobset_id from build b where b.derivation_id = t.derivation_id order by id limit 1) jobset,
                   k.date known_date, k.cpu known_cpu, k.kernel known_kernel, k.cores known_cores
            from trap t join investigation i on i.id = t.investigation_id
            left join annotation a on a.derivation_id = t.derivation_id and a.origin = 'measured'
            cross join lateral (
              select c.* from build b join conditions c on c.id = b.conditions_id where b.derivation_id = t.derivation_id
              order by b.state = 'succeeded' desc, b.id limit 1) k
            where t.id = $1
            """, [trap])
        guard let row = found.first else { return }
        let known = Conditions(
            date: try row.instant("known_date"), cpu: try row.word("known_cpu"), kernel: try row.word("known_kernel"),
            cores: try row.decode("known_cores"))
        let normal = try row.optionalJSON("reference", as: Conditions.self) ?? known
        let wanted = Conditions(
            date: try said.date ?? row.optionalInstant("date") ?? normal.date,
            cpu: try said.cpu ?? row.optionalWord("cpu") ?? normal.cpu,
            kernel: try said.kernel ?? row.optionalWord("kernel") ?? normal.kernel,
            cores: try said.cores ?? row.decode("cores") ?? normal.cores)
        guard let conditions = try await conditionIDs([wanted], connection).first else { return }
        let build = try await queueProbe(
            of: try row.decode("derivation_id"), conditions: conditions, jobset: try row.decode("jobset"),
            investigation: try row.decode("investigation_id"), connection)
        _ = try await connection.query("update annotation set build_id = $2 where id = $1", [annotation, build])
        _ = try await connection.query("select pg_notify('almanac_builds', '')")
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
