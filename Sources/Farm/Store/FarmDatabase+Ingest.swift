// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Postgres
package import TimeTravel

/// What an evaluation brought.
package struct IngestResult: Sendable, Equatable {
    package var knownDerivations: Int
    package var newDerivations: Int
    package var newBuilds: Int
}

extension FarmDatabase {
    /// Takes in an evaluation's derivations and jobs, makes builds of them under the screening conditions, and marks
    /// the evaluation succeeded: all in one transaction, so that a crash leaves it as it was.
    ///
    /// A closure that another evaluation had is recognised by its digest; of it only the jobs are sent.
    ///
    /// - Parameter log: what the evaluator had to say.
    package func ingest(
        _ batch: IngestBatch, jobs: [IngestJob], evaluation: PendingEvaluation, screening: [Conditions],
        repeats: [String: Int] = [:], priority: Int, log: String = ""
    ) async throws -> IngestResult {
        try await pool.transaction { connection in
            let conditions = try await Self.conditionIDs(screening, connection)
            let known = try await connection.query(
                "select known, added, built from ingest_known($1, $2, $3, $4, $5)",
                [evaluation.id, batch.digest, evaluation.jobset, conditions, Self.basePriority(priority)])
            var rows = known
            if known.isEmpty {
                try await Self.copy(batch, connection)
                rows = try await connection.query(
                    "select known, added, built from ingest_derivations($1, $2, $3, $4, $5)",
                    [evaluation.id, batch.digest, evaluation.jobset, conditions, Self.basePriority(priority)])
            }
            // What was given up and is built upon again is made again.
            if try rows.first?.decode("built", as: Int.self) ?? 0 > 0 {
                _ = try await connection.query("select rebuild_freed_of($1)", [evaluation.id])
            }
            try await Self.store(jobs, evaluation: evaluation.id, log: log, connection)
            try await Self.repeatScreening(repeats, evaluation: evaluation.id, connection)
            _ = try await connection.query("select settle_revivals($1, $2)", [evaluation.id, conditions])
            _ = try await connection.query("select pg_notify('almanac_evaluations', '')")
            guard let row = rows.first else {
                return IngestResult(knownDerivations: 0, newDerivations: 0, newBuilds: 0)
            }
            return IngestResult(
                knownDerivations: try row.decode("known"), newDerivations: try row.decode("added"),
                newBuilds: try row.decode("built"))
        }
    }

    /// Every derivation by its hash first, then the rest of those that the database does not know.
    static func copy(_ batch: IngestBatch, _ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            "create temporary table incoming (ordinal int, hash bytea, depth int) on commit drop")
        _ = try await connection.query(
            """
            create temporary table incoming_new (
              ordinal int, name text, system text, is_fixed bool, inputs int[], outputs text[], output_paths text[],
              is_available bool) on commit drop
            """)
        _ = try await connection.copy(
            into: "incoming", columns: ["ordinal", "hash", "depth"], from: batch.rows.indices
        ) { index, row in
            row.append(Int32(index + 1))
            row.append(batch.rows[index].path.digest.bytes)
            row.append(batch.rows[index].depth)
        }
        let unknown = try await connection.query(
            """
            select coalesce(array_agg(i.ordinal order by i.ordinal), '{}') ordinals
            from incoming i left join derivation d on d.hash = i.hash where d.id is null
            """)
        let ordinals = try unknown.first?.decode("ordinals", as: [Int32].self) ?? []
        if ordinals.isEmpty { return }
        _ = try await connection.copy(
            into: "incoming_new",
            columns: ["ordinal", "name", "system", "is_fixed", "inputs", "outputs", "output_paths", "is_available"],
            from: ordinals
        ) { ordinal, row in
            let derivation = batch.rows[Int(ordinal) - 1]
            row.append(ordinal)
            row.append(String(derivation.path.name.dropLast(4)))
            row.append(derivation.system)
            row.append(derivation.isFixed)
            row.append(derivation.inputs)
            row.append(derivation.outputNames)
            row.append(derivation.outputPaths)
            row.append(derivation.isAvailable)
        }
    }

    /// A jobset's priority goes before any chain of dependents.
    static func basePriority(_ priority: Int) -> Int {
        min(max(priority, -1000), 1000) * 1_000_000
    }

    static func store(
        _ jobs: [IngestJob], evaluation: Int, log: String, _ connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            """
            create temporary table incoming_job (
              name text, package text, version text, system text, hash bytea, error text, meta jsonb) on commit drop
            """)
        _ = try await connection.copy(
            into: "incoming_job", columns: ["name", "package", "version", "system", "hash", "error", "meta"],
            from: jobs
        ) { job, row in
            row.append(job.name)
            row.append(job.package)
            row.append(job.version)
            row.append(job.system)
            switch job.derivation {
            case .success(let path):
                row.append(path.digest.bytes)
                row.null()
            case .failure(let failure):
                row.null()
                row.append(failure.message)
            }
            row.append(PostgresJSON(job.meta))
        }
        _ = try await connection.query(
            """
            insert into job (evaluation_id, name, package, version, system, derivation_id, error, meta)
            select $1, i.name, i.package, i.version, i.system, d.id, i.error, i.meta
            from incoming_job i left join derivation d on d.hash = i.hash order by i.name
            """, [evaluation])
        _ = try await connection.query(
            """
            update evaluation set state = 'succeeded', finished = clock_timestamp(), job_count = $2,
                                  failed_job_count = $3, log = nullif($4, '')
            where id = $1 and state = 'running'
            """,
            [
                evaluation, jobs.count,
                jobs.count(where: { if case .failure = $0.derivation { true } else { false } }), log,
            ])
    }

    /// Asks for more runs of the screening builds of these packages; a build that is done already begins again.
    private static func repeatScreening(
        _ repeats: [String: Int], evaluation: Int, _ connection: PostgresConnection
    ) async throws {
        for (package, runs) in repeats.sorted(by: { $0.key < $1.key }) {
            _ = try await connection.query(
                """
                update build b set runs_wanted = $3,
                  state = case when b.state in ('succeeded', 'failed') then 'ready'::build_state else b.state end,
                  finished = case when b.state in ('succeeded', 'failed') then null else b.finished end
                from job j
                where j.evaluation_id = $1 and j.package = $2 and b.derivation_id = j.derivation_id
                  and b.investigation_id is null and b.runs_wanted < $3
                """, [evaluation, package, runs])
        }
    }

    /// The numbers of conditions, recorded where they are new.
    static func conditionIDs(_ conditions: [Conditions], _ connection: PostgresConnection) async throws -> [Int] {
        var ids: [Int] = []
        for one in conditions {
            let rows = try await connection.query(
                """
                with added as (
                  insert into conditions (date, cpu, kernel, cores) values ($1, $2, $3, $4)
                  on conflict do nothing returning id)
                select id from added
                union all select id from conditions where date = $1 and cpu = $2 and kernel = $3 and cores = $4
                limit 1
                """, [one.date.timestamp, one.cpu.rawValue, one.kernel.rawValue, one.cores])
            if let row = rows.first { ids.append(try row.decode("id")) }
        }
        return ids
    }
}
