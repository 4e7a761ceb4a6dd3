// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// A screening build with the job that names it, as clients of other farms think of builds.
package struct JobBuild: Sendable {
    package let id: Int
    package let evaluation: Int
    package let jobset: String
    package let job: String
    package let system: String
    /// Base name of the `.drv`.
    package let derivation: String
    package let name: String
    /// Base names in the store by output.
    package let outputs: [(name: String, path: String)]
    package let state: String
    /// Whether the outputs are in the store, under whatever conditions they were built.
    package let isAvailable: Bool
    package let priority: Int
    package let created: Instant
    package let started: Instant?
    package let finished: Instant?
}

/// An item of the store that a derivation is or gives.
package struct StoreItem: Sendable {
    /// Base name of the `.drv`.
    package let derivation: String
    /// Which output the item is; nil for the derivation itself.
    package let output: String?
    /// The run that made it; else the last that tried.
    package let run: Int64?
}

/// Which of them are asked for; nil takes all.
package struct JobBuildFilter: Sendable {
    package var id: Int?
    package var derivation: DerivationName?
    package var evaluation: Int?
    package var jobset: String?
    package var jobs: [String]?
    package var system: String?
    package var isFinished = false
    /// Only those whose outputs are to be had, or only those whose are not.
    package var isAvailable: Bool?
    package var limit = 1_000

    package init() {}
}

extension FarmDatabase {
    /// Jobs with the first screening build of their derivation, newest evaluation first.
    package func jobBuilds(_ filter: JobBuildFilter) async throws -> [JobBuild] {
        var query = QueryFilter()
        query.add(filter.id) { "d.id = (select derivation_id from build where id = \($0))" }
        // The screening build asked for, or else the first of the derivation.
        let which = filter.id == nil ? "" : "and id = $1"
        query.add(filter.derivation?.hash) { "d.hash = \($0)" }
        query.add(filter.derivation?.name) { "d.name = \($0)" }
        query.add(filter.evaluation) { "e.id = \($0)" }
        query.add(filter.jobset) { "s.name = \($0)" }
        query.add(filter.jobs) { "j.name = any(\($0))" }
        query.add(filter.system) { "d.system = \($0)" }
        if filter.isFinished { query.add("b.finished is not null") }
        query.add(filter.isAvailable) { "(d.availability = 'available') = \($0)" }
        let limit = query.parameter(filter.limit)
        return try await pool.query(
            """
            select \(Self.jobBuildColumns)
            from job j join evaluation e on e.id = j.evaluation_id join jobset s on s.id = e.jobset_id
            join derivation d on d.id = j.derivation_id
            join lateral (select * from build where derivation_id = d.id and investigation_id is null \(which)
                          order by id limit 1) b on true
            \(query.clause) order by j.evaluation_id desc, j.id desc limit \(limit)
            """, query.parameters
        ).map(Self.jobBuild)
    }

    /// Builds of packages whose names begin so, in the newest evaluation of each jobset, by name.
    package func jobBuilds(packagesFrom beginning: String, limit: Int) async throws -> [JobBuild] {
        try await pool.query(
            """
            select \(Self.jobBuildColumns)
            from job j join evaluation e on e.id = j.evaluation_id join jobset s on s.id = e.jobset_id
            join derivation d on d.id = j.derivation_id
            join lateral (select * from build where derivation_id = d.id and investigation_id is null
                          order by id limit 1) b on true
            where j.package ~>=~ $1 and j.package ~<~ ($1 || U&'\\+10FFFF')
              and j.evaluation_id = any(array(
                select max(id) from evaluation where state = 'succeeded' group by jobset_id))
            order by j.package, j.id limit $2
            """, [beginning, limit]
        ).map(Self.jobBuild)
    }

    /// The output or the derivation with this base name in the store.
    package func storeItem(_ base: String) async throws -> StoreItem? {
        guard base.utf8.count <= 255, case .hash(let hash) = DerivationName(base) else { return nil }
        // An output's name is its derivation's, with "-lib" and the like after it for any but the first output.
        let name = base.dropFirst(33)
        let names = [name] + name.indices.filter { name[$0] == "-" }.map { name[..<$0] }
        return try await pool.query(
            """
            select d.hash, d.name, d.outputs[array_position(d.output_paths, $2)] output,
                   (select r.id from build b join run r on r.build_id = b.id where b.derivation_id = d.id
                    order by r.outcome is not distinct from 'succeeded' desc, r.id desc limit 1) run
            from derivation d where d.hash = $1 or d.name = any($3) and $2 = any(d.output_paths) limit 1
            """, [hash, base, names.map(String.init)]
        ).first.map { row in
            StoreItem(
                derivation: try row.derivationPath(), output: try row.decode("output"), run: try row.decode("run"))
        }
    }

    private static let jobBuildColumns = """
        b.id, e.id evaluation, s.name jobset, j.name job, d.system, d.hash, d.name, d.outputs, d.output_paths,
        b.state, d.availability = 'available' available, b.priority, b.created, b.finished,
        (select min(r.started) from run r where r.build_id = b.id) started
        """

    private static func jobBuild(_ row: PostgresRow) throws -> JobBuild {
        let (names, paths): ([String], [String]) = (try row.decode("outputs"), try row.decode("output_paths"))
        return JobBuild(
            id: try row.decode("id"), evaluation: try row.decode("evaluation"), jobset: try row.decode("jobset"),
            job: try row.decode("job"), system: try row.decode("system"), derivation: try row.derivationPath(),
            name: try row.decode("name"), outputs: zip(names, paths).map { ($0, $1) },
            state: try row.decode("state"),
            isAvailable: try row.decode("available"), priority: try row.decode("priority"),
            created: try row.instant("created"), started: try row.optionalInstant("started"),
            finished: try row.optionalInstant("finished"))
    }

    /// Builds that have not ended, each with the newest job that names it: those that run, then those that could, the
    /// most urgent first, then those that wait for their inputs, newest first.
    package func queuedJobBuilds(limit: Int) async throws -> [JobBuild] {
        // A derivation's first screening build stands for all of them, as in jobBuilds.
        let counts = """
            b.investigation_id is null and exists (select from job j where j.derivation_id = b.derivation_id)
            and not exists (select from build x where x.derivation_id = b.derivation_id and x.investigation_id is null
                            and x.id < b.id)
            """
        return try await pool.query(
            """
            with queued (id, place, urgency) as (
              (select b.id, 1, -extract(epoch from b.leased_at) from build b where b.state = 'leased' and \(counts)
               order by b.leased_at limit $1)
              union all
              (select head.id, 2, head.priority from lane l cross join lateral (
                 select b.id, b.priority from build b
                 where b.lane_id = l.id and b.state = 'ready' and b.retry_at is null and \(counts)
                 order by b.priority desc, b.id limit $1) head)
              union all
              (select b.id, 3, 0 from build b where b.state = 'ready' and b.retry_at is not null and \(counts)
               order by b.retry_at limit $1)
              union all
              (select b.id, 4, b.id from build b where b.state = 'blocked' and \(counts) order by b.id desc limit $1))
            select \(Self.jobBuildColumns)
            from (select * from queued order by place, urgency desc, id limit $1) q
            join build b on b.id = q.id join derivation d on d.id = b.derivation_id
            join lateral (select * from job where derivation_id = d.id order by id desc limit 1) j on true
            join evaluation e on e.id = j.evaluation_id join jobset s on s.id = e.jobset_id
            order by q.place, q.urgency desc, q.id
            """, [limit]
        ).map(Self.jobBuild)
    }

    /// Names of the channels of evaluations' jobsets.
    package func channelNames(ofEvaluations evaluations: [Int]) async throws -> [Int: String] {
        let rows = try await pool.query(
            """
            select e.id, c.name from evaluation e join jobset j on j.id = e.jobset_id join channel c on c.id = j.channel_id
            where e.id = any($1)
            """, [evaluations])
        let pairs: [(Int, String)] = try rows.map { (try $0.decode("id"), try $0.decode("name")) }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
