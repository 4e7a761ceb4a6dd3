// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

extension FarmDatabase {
    /// Ends an investigation: verdict, catalog entry, measured annotation and alerts, in one transaction.
    ///
    /// - Returns: the trap's number, when the finding is a trap.
    package func conclude(
        _ investigation: OpenInvestigation, subject: Subject, finding: Finding
    ) async throws -> Int? {
        try await pool.transaction { connection in
            let closed = try await connection.query(
                """
                update investigation set state = 'concluded', finding = $2, concluded = clock_timestamp()
                where id = $1 and state = 'open'
                """, [investigation.id, try PostgresJSON(encoding: finding)])
            guard closed.affectedRows == 1 else { return nil }
            _ = try await connection.query(
                "update derivation set verdict = $2 where id = $1",
                [investigation.derivation, finding.verdict.rawValue])
            let trap = try await Self.record(finding, of: investigation, subject: subject, connection)
            _ = try await connection.query(
                """
                select make_unavailable(array[id], $2) from derivation where id = $1 and availability = 'wanted'
                """, [investigation.derivation, "\(subject.package) \(subject.version) is \(finding.verdict.rawValue)"])
            _ = try await connection.query("select pg_notify('almanac_investigations', '')")
            if let trap { try await Self.queueNewTrap(trap, derivation: investigation.derivation, connection) }
            return trap
        }
    }

    private static func record(
        _ finding: Finding, of investigation: OpenInvestigation, subject: Subject, _ connection: PostgresConnection
    ) async throws -> Int? {
        guard finding.verdict.isTrap, let axis = finding.axis else {
            _ = try await connection.query(
                "update trap set status = 'disputed', changed = now() where derivation_id = $1",
                [investigation.derivation])
            return nil
        }
        let firstBad = finding.windows.compactMap { $0.notAfter?.firstBad }.min()
        let rows = try await connection.query(
            """
            insert into trap (derivation_id, investigation_id, package, version, verdict, axis, cause, windows, periodic,
                              cpu, evidence, probability, runs, first_bad)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            on conflict (derivation_id) do update set
              verdict = excluded.verdict, axis = excluded.axis, cause = excluded.cause, windows = excluded.windows,
              periodic = excluded.periodic, cpu = excluded.cpu, evidence = excluded.evidence,
              probability = excluded.probability, runs = excluded.runs, first_bad = excluded.first_bad,
              status = 'open', changed = now()
            returning id
            """,
            [
                investigation.derivation, investigation.id, subject.package, subject.version,
                finding.verdict.rawValue, axis.rawValue, finding.cause.rawValue,
                try PostgresJSON(encoding: finding.windows),
                try finding.periodic.map { try PostgresJSON(encoding: $0) },
                try finding.cpu.map { try PostgresJSON(encoding: $0) }, try PostgresJSON(encoding: finding.evidence),
                finding.probability, finding.runs, firstBad?.timestamp,
            ])
        _ = try await connection.query(
            """
            insert into annotation (package, version, derivation_id, origin, date, cpu, kernel, cores)
            values ($1, $2, $3, 'measured', $4, $5, $6, $7)
            on conflict (derivation_id) where origin = 'measured' do update set
              date = excluded.date, cpu = excluded.cpu, kernel = excluded.kernel, cores = excluded.cores
            """,
            [
                subject.package, subject.version, investigation.derivation, finding.annotation.date?.timestamp,
                finding.annotation.cpu?.rawValue, finding.annotation.kernel?.rawValue, finding.annotation.cores,
            ])
        return try rows.first?.decode("id")
    }

    /// What every screened package turned out to be, by package and version.
    ///
    /// Derivations that no job names (inputs only) are listed under the name of the derivation.
    package func verdictRecords(jobset: String? = nil) async throws -> [VerdictRecord] {
        try await pool.query(
            """
            with member as (
              select distinct d.id, r.commit, e.id evaluation
              from evaluation e join jobset s on s.id = e.jobset_id join revision r on r.id = e.revision_id
              join evaluation_derivation m on m.evaluation_id = e.id, unnest(m.derivations) d(id)
              where e.state = 'succeeded' and ($1::text is null or s.name = $1))
            select d.hash, d.name, d.verdict, i.finding ->> 'reason' why,
                   (select array_agg(distinct commit) from member where member.id = d.id) revisions,
                   coalesce((select array_agg(distinct j.name) from job j join member x on x.evaluation = j.evaluation_id
                             where j.derivation_id = d.id and x.id = d.id), '{}') jobs,
                   (select j.package from job j where j.derivation_id = d.id order by j.id desc limit 1) package,
                   (select j.version from job j where j.derivation_id = d.id order by j.id desc limit 1) version,
                   (select b.state::text from build b where b.derivation_id = d.id and b.investigation_id is null
                    order by b.id limit 1) state,
                   (select b.error from build b where b.derivation_id = d.id and b.investigation_id is null
                    and b.state in ('dependency-failed', 'cancelled') order by b.id limit 1) error
            from derivation d left join investigation i on i.derivation_id = d.id
            where not d.is_fixed and d.id in (select id from member)
            order by package nulls last, d.name, d.id
            """, [jobset]
        ).map { row in
            let (name, version) = Self.split(try row.decode("name"))
            let why: String? = try row.decode("why")
            let error: String? = try row.decode("error")
            return VerdictRecord(
                package: try row.decode("package", as: String?.self) ?? name,
                version: try row.decode("version", as: String?.self) ?? version,
                derivation: try row.derivationPath(), verdict: try row.optionalWord("verdict"),
                state: try row.decode("state", as: String?.self) ?? "blocked", jobs: try row.decode("jobs"),
                revisions: try row.decode("revisions"), reason: why ?? error)
        }
    }
}
