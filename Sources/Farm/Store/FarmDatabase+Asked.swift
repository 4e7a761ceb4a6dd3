// SPDX-License-Identifier: GPL-3.0-or-later

package import Jobsets
import Postgres
package import TimeTravel

/// How far the farm is with a derivation that somebody asked about.
package struct DerivationStanding: Sendable {
    package let verdict: Verdict?
    package let investigation: Int?
    /// Runs that have ended, oldest first.
    package let runs: [RunSummary]
    /// Whether a screening build is still to end.
    package let isMoving: Bool
    /// What keeps its screening from being made.
    package let obstacle: String?
}

extension FarmDatabase {
    /// Queues a derivation of the store for screening as if a jobset had it; the running farm takes it in.
    ///
    /// - Parameter released: when the package was current: under conditions of that time it should build.
    /// - Returns: the evaluation that takes it in.
    package func ask(_ asked: AskedDerivation, engine: Engine, released: Instant, now: Instant) async throws -> Int {
        let description = asked.jobset(engine: engine)
        _ = try await store([description], now: now)
        let jobset = try await jobset(named: description.name)
        let revisions = try await store(
            revisions: [(asked.commit, released, "\(asked.path)")], channel: jobset.channel)
        _ = try await queueEvaluations(jobset: jobset, revisions: revisions, cause: "manual", again: true)
        let rows = try await pool.query("select max(id) id from evaluation where jobset_id = $1", [jobset.id])
        guard let row = rows.first else { throw FarmError.unknownEvaluation(0) }
        return try row.decode("id")
    }

    /// How the evaluation that takes a derivation in stands: nil while it is not over, else its error if it has one.
    package func outcome(ofEvaluation id: Int) async throws -> (isOver: Bool, error: String?) {
        guard let row = try await pool.query("select state::text, error from evaluation where id = $1", [id]).first
        else { throw FarmError.unknownEvaluation(id) }
        let state: String = try row.decode("state")
        return (["succeeded", "failed", "cancelled"].contains(state), try row.decode("error"))
    }

    /// - Returns: nil where the farm does not know the derivation.
    /// - Throws: `FarmError.notInvestigated` when several have the name.
    package func standing(of name: DerivationName) async throws -> DerivationStanding? {
        let found = try await pool.query(
            """
            select d.hash, d.name, d.verdict, i.id investigation,
                   exists (select from build b where b.derivation_id = d.id and b.investigation_id is null
                           and b.finished is null) moving,
                   (select coalesce(b.error, b.state::text) from build b where b.derivation_id = d.id
                    and b.investigation_id is null and b.state in ('dependency-failed', 'cancelled')
                    order by b.id limit 1) obstacle
            from derivation d left join investigation i on i.derivation_id = d.id
            where d.hash = $1 or d.name = $2 order by d.id limit 20
            """, [name.hash, name.name])
        guard let row = found.first else { return nil }
        guard found.count == 1 else {
            throw FarmError.notInvestigated(candidates: try found.map { try $0.derivationPath() })
        }
        return DerivationStanding(
            verdict: try row.optionalWord("verdict"), investigation: try row.decode("investigation"),
            runs: try await runSummaries(of: .hash(try row.decode("hash"))).filter { $0.outcome != nil },
            isMoving: try row.decode("moving"), obstacle: try row.decode("obstacle"))
    }
}
