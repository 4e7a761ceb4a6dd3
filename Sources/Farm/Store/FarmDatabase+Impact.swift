// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// How many derivations of one revision cannot be built where a trap's package cannot.
package struct TrapImpact: Codable, Hashable, Sendable {
    package var jobset: String
    package var commit: String
    package var date: Instant
    /// Derivations of the revision that need the package, directly or not, without the package itself.
    package var dependents: Int
    /// Jobs among them.
    package var jobs: Int
}

/// The horizon of a revision, or of one package of it, with what it rests on.
package struct RevisionHorizon: Codable, Hashable, Sendable {
    package var jobset: String
    package var commit: String
    package var date: Instant
    /// Nil: of everything in the revision.
    package var package: String?
    /// How many derivations must build, and how many of them have no verdict yet: the horizon may still shrink.
    package var derivations: Int
    package var unknown: Int
    /// Derivations that build at no date: broken, or their source lost.
    package var lost: Int
    package var horizon: TravelHorizon
    /// Where `horizon` has no span: traps that exclude each other, to be built each under its own annotation.
    package var conflict: [Int]
}

extension FarmDatabase {
    /// Who depends on a trap's package, by revision, newest first.
    ///
    /// - Throws: `FarmError.unknownTrap`.
    package func impact(ofTrap id: Int) async throws -> [TrapImpact] {
        let found = try await pool.query("select derivation_id from trap where id = $1", [id]).first
        guard let derivation: Int = try found?.decode("derivation_id") else { throw FarmError.unknownTrap(id) }
        return try await pool.query(
            """
            with recursive needing(id) as (
              select $1::int
              union
              select u from needing n join derivation_user r on r.input = n.id, unnest(r.users) u)
            select s.name jobset, v.commit, v.date,
                   (select count(*) from unnest(m.derivations) d(id) join needing n on n.id = d.id) - 1 dependents,
                   (select count(*) from job j join needing n on n.id = j.derivation_id
                    where j.evaluation_id = e.id and n.id <> $1) jobs
            from evaluation_derivation m join evaluation e on e.id = m.evaluation_id
            join revision v on v.id = e.revision_id join jobset s on s.id = e.jobset_id
            where m.derivations @> array[$1::int]
            order by v.date desc, s.name
            """, [derivation]
        ).map {
            TrapImpact(
                jobset: try $0.decode("jobset"), commit: try $0.decode("commit"), date: try $0.instant("date"),
                dependents: try $0.decode("dependents"), jobs: try $0.decode("jobs"))
        }
    }

    /// The dates at which revisions of a jobset build as a whole, newest first.
    ///
    /// - Parameters:
    ///   - commit: the beginning of a commit; nil takes all evaluated revisions.
    ///   - package: only what this package needs, and the package.
    package func horizons(
        jobset: String, commit: String? = nil, package: String? = nil
    ) async throws -> [RevisionHorizon] {
        let evaluations = try await pool.query(
            """
            select distinct on (v.date, v.id) e.id, v.commit, v.date from evaluation e
            join revision v on v.id = e.revision_id join jobset s on s.id = e.jobset_id
            where s.name = $1 and e.state = 'succeeded' and ($2::text is null or starts_with(v.commit, $2))
            order by v.date desc, v.id, e.id desc
            """, [jobset, commit])
        var horizons: [RevisionHorizon] = []
        for row in evaluations {
            let id: Int = try row.decode("id")
            let set = try await closure(ofEvaluation: id, package: package)
            guard !set.ids.isEmpty else { continue }
            let traps = try await traps(of: set.ids)
            let horizon = TravelHorizon(of: traps)
            horizons.append(
                RevisionHorizon(
                    jobset: jobset, commit: try row.decode("commit"), date: try row.instant("date"), package: package,
                    derivations: set.ids.count, unknown: set.unknown, lost: set.lost, horizon: horizon,
                    conflict: horizon.spans.isEmpty ? TravelHorizon.conflict(in: traps).map(\.id) : []))
        }
        return horizons
    }

    /// What an evaluation's jobs, or those of one package, need: themselves and their inputs, without fixed outputs.
    private func closure(
        ofEvaluation id: Int, package: String?
    ) async throws -> (ids: [Int], unknown: Int, lost: Int) {
        let row = try await pool.query(
            """
            with recursive needed(id) as (
              select unnest(m.derivations) from evaluation_derivation m where m.evaluation_id = $1 and $2::text is null
              union
              select j.derivation_id from job j
              where j.evaluation_id = $1 and j.package = $2 and j.derivation_id is not null
              union
              select i from needed n join derivation d on d.id = n.id, unnest(d.inputs) i where $2::text is not null)
            select coalesce(array_agg(d.id order by d.id) filter (where not d.is_fixed), '{}') ids,
                   count(*) filter (where not d.is_fixed and d.verdict is null) unknown,
                   count(*) filter (where d.verdict = 'broken' or s.state = 'lost') lost
            from needed n join derivation d on d.id = n.id left join source s on s.derivation_id = d.id
            """, [id, package]
        ).first
        guard let row else { return ([], 0, 0) }
        return (try row.decode("ids"), try row.decode("unknown"), try row.decode("lost"))
    }

    /// The catalog's entries for any of these derivations.
    private func traps(of derivations: [Int]) async throws -> [TrapRecord] {
        try await pool.query(
            Self.trapQuery + " join unnest($1::int[]) wanted(id) on wanted.id = t.derivation_id order by t.id",
            [derivations]
        ).map(Self.trapRecord)
    }
}
