// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres
package import TimeTravel

/// What a run left behind beside its outcome.
package struct RunTraces: Sendable {
    /// What was measured in and around the guest, a JSON object; nil while it runs.
    package let evidence: PostgresJSON?
    /// What the log says about dates and processors.
    package let facts: [LogFact]
}

/// One probe that an investigation asked for, and what its build showed.
package struct InvestigationStepRecord: Codable, Sendable {
    package var id: Int
    package var made: Instant
    package var build: Int
    /// 1 for the first build under these conditions, 2 for its first repeat.
    package var repeatNumber: Int
    package var conditions: Conditions
    package var state: String
    package var runs: [Int64]
}

/// An investigation as the database keeps it.
package struct InvestigationSummary: Sendable {
    package let id: Int
    package let derivation: String
    package let state: String
    package let created: Instant
    package let concluded: Instant?
    /// Null until the farm has looked at the package.
    package let subject: PostgresJSON?
    package let candidates: PostgresJSON?
    package let finding: PostgresJSON?
    package let trap: Int?
    package let steps: [InvestigationStepRecord]
}

extension FarmDatabase {
    package func traces(ofRun run: Int64) async throws -> RunTraces? {
        try await pool.query("select evidence, facts from run where id = $1", [run]).first.map { row in
            RunTraces(evidence: try row.decode("evidence"), facts: try row.json("facts"))
        }
    }

    /// An investigation with every step, by its own number.
    package func investigation(_ id: Int) async throws -> InvestigationSummary? {
        let found = try await pool.query(
            """
            select i.id, d.hash, d.name, i.state, i.created, i.concluded, i.subject, i.candidates, i.finding, t.id trap
            from investigation i join derivation d on d.id = i.derivation_id
            left join trap t on t.derivation_id = i.derivation_id
            where i.id = $1
            """, [id])
        guard let row = found.first else { return nil }
        return InvestigationSummary(
            id: id, derivation: try row.derivationPath(), state: try row.decode("state"),
            created: try row.instant("created"), concluded: try row.optionalInstant("concluded"),
            subject: try row.decode("subject"), candidates: try row.decode("candidates"),
            finding: try row.decode("finding"), trap: try row.decode("trap"), steps: try await steps(of: id))
    }

    private func steps(of investigation: Int) async throws -> [InvestigationStepRecord] {
        try await pool.query(
            """
            select s.id, s.made, s.build_id, s.repeat_number, k.date, k.cpu, k.kernel, k.cores, b.state,
                   coalesce((select array_agg(r.id order by r.id) from run r where r.build_id = b.id), '{}') runs
            from investigation_step s join build b on b.id = s.build_id join conditions k on k.id = b.conditions_id
            where s.investigation_id = $1 order by s.id
            """, [investigation]
        ).map { row in
            InvestigationStepRecord(
                id: try row.decode("id"), made: try row.instant("made"), build: try row.decode("build_id"),
                repeatNumber: try row.decode("repeat_number"), conditions: try row.conditions(),
                state: try row.decode("state"), runs: try row.decode("runs"))
        }
    }

    /// Whether the database answers within a time that a person or a load balancer waits for it.
    package func isReachable(within limit: Duration = .seconds(3)) async -> Bool {
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask { (try? await !pool.query("select 1").isEmpty) ?? false }
            tasks.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let answered = await tasks.next() ?? false
            tasks.cancelAll()
            return answered
        }
    }

    /// The number of the investigation of a derivation, if there is or was one.
    package func investigation(of derivation: DerivationName) async throws -> Int? {
        try await pool.query(
            """
            select i.id from investigation i join derivation d on d.id = i.derivation_id
            where d.hash = $1 or d.name = $2 order by i.id desc limit 1
            """, [derivation.hash, derivation.name]
        ).first.map { try $0.decode("id") }
    }
}
