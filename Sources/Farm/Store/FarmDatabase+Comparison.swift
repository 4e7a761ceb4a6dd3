// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// What became of a job between two evaluations.
package struct JobChange: Codable, Sendable, Equatable {
    package var job: String
    package var package: String
    /// Null where the evaluation has no such job.
    package var versionBefore: String?
    package var versionAfter: String?
    package var verdictBefore: Verdict?
    package var verdictAfter: Verdict?
    /// The trap of the derivation afterwards, else of the one before.
    package var trap: Int?
}

/// What became of a job from one evaluation to another.
package enum JobDifference: String, CaseIterable, Codable, Sendable {
    /// A trap now, and none before: the job may be new.
    case newlyTrapped = "newly-trapped"
    /// Sound now, and a trap, broken or without its source before.
    case fixed
    case stillTrapped = "still-trapped"
    /// Broken, or without its source, now and not before.
    case newlyBroken = "newly-broken"
    case added, removed
    /// One of the two verdicts is not known yet.
    case undecided
    /// Nothing of all this.
    case other

    /// - Parameters:
    ///   - before: whether there was such a job, and what its verdict is.
    ///   - after: the same of the later evaluation.
    init(from before: (isThere: Bool, verdict: Verdict?), to after: (isThere: Bool, verdict: Verdict?)) {
        guard after.isThere else { self = .removed; return }
        let isBroken = { (verdict: Verdict?) in verdict == .broken || verdict == .sourceLost }
        let wasTrapped = before.verdict?.isTrap == true
        self =
            switch after.verdict {
            case nil: before.isThere ? .undecided : .added
            case let verdict? where wasTrapped && verdict.isTrap: .stillTrapped
            case .sound? where wasTrapped || isBroken(before.verdict): .fixed
            case let verdict? where verdict.isTrap || isBroken(verdict):
                if before.isThere, before.verdict == nil {
                    .undecided
                } else if verdict.isTrap {
                    .newlyTrapped
                } else {
                    isBroken(before.verdict) ? .other : .newlyBroken
                }
            default: before.isThere ? .other : .added
            }
    }
}

/// Two evaluations side by side: jobs of the same name, of any two jobsets.
package struct EvaluationComparison: Codable, Sendable, Equatable {
    package var before: Int
    package var after: Int
    package var newlyTrapped: [JobChange] = []
    package var fixed: [JobChange] = []
    package var stillTrapped: [JobChange] = []
    package var newlyBroken: [JobChange] = []
    /// Jobs of which one of the two verdicts is not known yet.
    package var undecided = 0
}

extension FarmDatabase {
    /// Compares two evaluations job by job.
    ///
    /// - Throws: `FarmError.unknownEvaluation` when one of them is not there.
    package func compareEvaluations(_ before: Int, _ after: Int) async throws -> EvaluationComparison {
        try await pool.transaction(.repeatableRead) { connection in
            for id in [before, after] {
                let found = try await connection.query("select 1 found from evaluation where id = $1", [id])
                if found.isEmpty { throw FarmError.unknownEvaluation(id) }
            }
            let rows = try await connection.query(
                """
                with one as (
                  select j.name, j.package, j.version, d.verdict, d.id derivation
                  from job j left join derivation d on d.id = j.derivation_id where j.evaluation_id = $1),
                two as (
                  select j.name, j.package, j.version, d.verdict, d.id derivation
                  from job j left join derivation d on d.id = j.derivation_id where j.evaluation_id = $2)
                select coalesce(two.name, one.name) job, coalesce(two.package, one.package) package,
                       one.version version_before, two.version version_after, one.verdict verdict_before,
                       two.verdict verdict_after, one.name is not null was_there, two.name is not null is_there,
                       coalesce((select t.id from trap t where t.derivation_id = two.derivation),
                                (select t.id from trap t where t.derivation_id = one.derivation)) trap
                from one full join two on two.name = one.name order by 1
                """, [before, after])
            var comparison = EvaluationComparison(before: before, after: after)
            for row in rows {
                let change = JobChange(
                    job: try row.decode("job"), package: try row.decode("package"),
                    versionBefore: try row.decode("version_before"), versionAfter: try row.decode("version_after"),
                    verdictBefore: try row.optionalWord("verdict_before"),
                    verdictAfter: try row.optionalWord("verdict_after"), trap: try row.decode("trap"))
                comparison.add(change, wasThere: try row.decode("was_there"), isThere: try row.decode("is_there"))
            }
            return comparison
        }
    }
}

extension EvaluationComparison {
    /// Puts a job where it belongs; most belong nowhere.
    mutating func add(_ change: JobChange, wasThere: Bool, isThere: Bool) {
        let difference = JobDifference(from: (wasThere, change.verdictBefore), to: (isThere, change.verdictAfter))
        switch difference {
        case .newlyTrapped: newlyTrapped.append(change)
        case .fixed: fixed.append(change)
        case .stillTrapped: stillTrapped.append(change)
        case .newlyBroken: newlyBroken.append(change)
        case .undecided: undecided += 1
        case .added: undecided += change.verdictAfter == nil ? 1 : 0
        case .removed, .other: break
        }
    }
}
