// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
package import Jobsets
import Postgres
package import TimeTravel

/// A build that a revival asks for.
package struct RevivalOrder: Sendable {
    package let derivation: StorePath
    package let conditions: Conditions
    /// The number of the annotation that they come from; nil where there is none.
    package let annotation: Int?

    package init(derivation: StorePath, conditions: Conditions, annotation: Int? = nil) {
        self.derivation = derivation
        self.conditions = conditions
        self.annotation = annotation
    }
}

/// How a build that a revival asked for stands.
package struct RevivalBuildState: Sendable, Equatable {
    package let build: Int
    /// A state of builds, as docs/states.md has them.
    package let state: String
    package let error: String?
    /// The last run's number.
    package let run: Int64?
    package let isUnderInvestigation: Bool

    package var isEnded: Bool { ["succeeded", "failed", "dependency-failed", "cancelled"].contains(state) }
    package var isMoving: Bool { state == "ready" || state == "leased" }
}

extension FarmDatabase {
    /// Takes in the derivations of an environment, once, without screening them.
    ///
    /// - Returns: the number of the jobset under which its builds are queued.
    package func record(
        revival jobset: JobsetDescription, of environment: RevivalEnvironment, batch: IngestBatch, now: Instant
    ) async throws -> Int {
        _ = try await store([jobset], now: now)
        let stored = try await self.jobset(named: jobset.name)
        let revision = environment.revision
        let ids = try await store(
            revisions: [(revision.commit, Instant(seconds: revision.date), revision.subject)], channel: stored.channel)
        guard let id = ids.first else { return stored.id }
        try await pool.transaction { connection in
            let known = try await connection.query(
                """
                select e.id from evaluation e join revival v on v.evaluation_id = e.id
                where e.jobset_id = $1 and e.revision_id = $2 and e.state = 'succeeded' limit 1
                """, [stored.id, id])
            guard known.isEmpty else { return }
            let added = try await connection.query(
                """
                insert into evaluation (jobset_id, revision_id, fingerprint, cause, state, started)
                values ($1, $2, $3, 'manual', 'running', clock_timestamp()) returning id
                """, [stored.id, id, stored.fingerprint])
            guard let evaluation: Int = try added.first?.decode("id") else { return }
            try await Self.copy(batch, connection)
            _ = try await connection.query(
                "select known from ingest_derivations($1, $2, $3, '{}', 0)", [evaluation, batch.digest, stored.id])
            try await Self.store(
                environment.revision.jobs.map(Self.job), evaluation: evaluation, log: environment.revision.log,
                connection)
            _ = try await connection.query("select begin_revival($1)", [evaluation])
            _ = try await connection.query("select pg_notify('almanac_evaluations', '')")
        }
        return stored.id
    }

    private static func job(_ job: RevivedRevision.Job) -> IngestJob {
        let path = job.derivation.flatMap { try? StorePath(parsing: $0) }
        return IngestJob(
            name: job.name, package: job.package, version: job.version, system: job.system,
            derivation: path.map { .success($0) } ?? .failure(JobFailure(job.error ?? "it has no derivation")))
    }

    /// Queues builds.
    ///
    /// - Parameters:
    ///   - present: derivations whose outputs are in the store as far as the builds use them.
    ///   - again: also what failed before under the same conditions.
    /// - Returns: the builds' numbers in the order of `orders`.
    package func queue(
        revival jobset: Int, _ orders: [RevivalOrder], present: [StorePath], again: Bool, priority: Int = 0
    ) async throws -> [Int] {
        let (wanted, there) = (orders.map { Self.hash($0.derivation) }, present.map(Self.hash))
        let rows = try await pool.transaction { connection in
            var numbers: [Conditions: Int] = [:]
            for conditions in Set(orders.map(\.conditions)) {
                numbers[conditions] = try await Self.conditionIDs([conditions], connection).first
            }
            let under = orders.compactMap { numbers[$0.conditions] }
            return try await connection.query(
                """
                select build from queue_revival(
                  $1, array(select decode(h, 'hex') from unnest($2::text[]) with ordinality w(h, place) order by place),
                  $3, array(select decode(h, 'hex') from unnest($4::text[]) h), $5, $6) order by number
                """, [jobset, wanted, under, there, again, Self.basePriority(priority)])
        }
        return try rows.map { try $0.decode("build") }
    }

    private static func hash(_ path: StorePath) -> String { Hexadecimal.encode(path.digest.bytes) }

    /// How builds stand, in the order of their numbers here.
    package func revivalStates(of builds: [Int]) async throws -> [RevivalBuildState] {
        try await pool.query(
            """
            select b.id, b.state, b.error, (select max(r.id) from run r where r.build_id = b.id) run,
                   exists (select from investigation i where i.derivation_id = b.derivation_id and i.state = 'open') open
            from unnest($1::int[]) with ordinality w(id, place) join build b on b.id = w.id order by w.place
            """, [builds]
        ).map { row in
            RevivalBuildState(
                build: try row.decode("id"), state: try row.decode("state"), error: try row.decode("error"),
                run: try row.decode("run"), isUnderInvestigation: try row.decode("open"))
        }
    }

    /// All annotations that could fit derivations of these names, newest first.
    package func annotations(among paths: some Sequence<StorePath>) async throws -> [AnnotationRecord] {
        let names = Set(paths.map { Self.split(String($0.name.dropLast(4))).package })
        return try await annotations(limit: 1_000_000).filter { names.contains($0.package) || $0.derivation != nil }
    }
}

/// Under which conditions each derivation of an environment is to be built.
package struct RevivalConditions: Sendable {
    private let usual: Conditions
    private let byDerivation: [String: [AnnotationRecord]]
    private let byPackage: [String: [AnnotationRecord]]

    /// - Parameters:
    ///   - usual: what is built without an annotation is built so.
    ///   - annotations: newest first; those that a build has refuted do not count.
    package init(usual: Conditions, annotations: [AnnotationRecord]) {
        self.usual = usual
        let annotations = annotations.filter { $0.check?.result != .refuted }
        byDerivation = Dictionary(grouping: annotations.filter { $0.derivation != nil }) { $0.derivation ?? "" }
        byPackage = Dictionary(grouping: annotations, by: \.package)
    }

    /// What a person said of the very derivation goes first, then what was measured on it; then the same of another
    /// derivation of its package and version; then what holds for every version.
    package func order(for path: StorePath) -> RevivalOrder {
        let (package, version) = FarmDatabase.split(String(path.name.dropLast(4)))
        let own = byDerivation[path.baseName] ?? []
        let others = byPackage[package] ?? []
        let found =
            Self.best(own) ?? Self.best(others.filter { $0.version == version && !version.isEmpty })
            ?? Self.best(others.filter { $0.version == nil })
        return RevivalOrder(
            derivation: path, conditions: found?.conditions.applied(to: usual) ?? usual, annotation: found?.id)
    }

    private static func best(_ records: [AnnotationRecord]) -> AnnotationRecord? {
        records.first { $0.origin == "person" } ?? records.first
    }
}
