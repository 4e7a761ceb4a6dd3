// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
package import TimeTravel

/// An open investigation with everything its machine is rebuilt from.
package struct OpenInvestigation: Sendable {
    package let id: Int
    package let derivation: Int
    package let derivationPath: String
    /// Nil until the farm has looked at the package: see `prepare(investigation:subject:candidates:)`.
    package let subject: Subject?
    package let candidates: [Candidate]
    package let runs: [ObservedRun]
    /// Conditions of builds asked for that have not ended, repeats as often as they are to come.
    package let inFlight: [Conditions]
    /// Why infrastructure kept a probe from being made, when it did.
    package let obstacle: String?
}

/// What a subject is made of: who names the derivation, and when.
package struct InvestigationContext: Sendable {
    package let package: String
    package let version: String
    package let earliestRevision: Instant?
    package let jobset: Int?
    package let screening: [Conditions]
    package let releases: [Instant]
    package let earlierWindows: [Window]
}

extension FarmDatabase {
    package func openInvestigations() async throws -> [Int] {
        try await pool.query("select id from investigation where state = 'open' order by id")
            .map { try $0.decode("id") }
    }

    /// Everything about one investigation in one consistent look; nil when it is concluded.
    package func openInvestigation(_ id: Int) async throws -> OpenInvestigation? {
        try await pool.transaction(.repeatableRead) { connection in
            let found = try await connection.query(
                """
                select i.derivation_id, d.hash, d.name, i.subject, coalesce(i.candidates, '[]') candidates
                from investigation i join derivation d on d.id = i.derivation_id
                where i.id = $1 and i.state = 'open'
                """, [id])
            guard let row = found.first else { return nil }
            let derivation: Int = try row.decode("derivation_id")
            return OpenInvestigation(
                id: id, derivation: derivation, derivationPath: try row.derivationPath(),
                subject: try row.optionalJSON("subject"), candidates: try row.json("candidates"),
                runs: try await Self.observedRuns(of: derivation, connection),
                inFlight: try await Self.conditionsInFlight(of: derivation, connection),
                obstacle: try await Self.obstacle(of: id, connection))
        }
    }

    private static func observedRuns(of derivation: Int, _ connection: PostgresConnection) async throws -> [ObservedRun]
    {
        try await connection.query(
            """
            select r.id, r.outcome, coalesce(r.guest_began, k.date) began, coalesce(r.guest_ended, k.date) ended,
                   r.facts, k.date, k.cpu, k.kernel, k.cores
            from run r join build b on b.id = r.build_id join conditions k on k.id = b.conditions_id
            where b.derivation_id = $1 and r.outcome is not null order by r.id
            """, [derivation]
        ).map { row in
            ObservedRun(
                id: try row.decode("id"), conditions: try row.conditions(), outcome: try row.word("outcome"),
                began: try row.instant("began"), ended: try row.instant("ended"), facts: try row.json("facts"))
        }
    }

    private static func conditionsInFlight(
        of derivation: Int, _ connection: PostgresConnection
    ) async throws -> [Conditions] {
        try await connection.query(
            """
            select k.date, k.cpu, k.kernel, k.cores, greatest(1, b.runs_wanted - b.runs_done) times
            from build b join conditions k on k.id = b.conditions_id
            where b.derivation_id = $1 and b.state in ('ready', 'leased')
            """, [derivation]
        ).flatMap { row in
            Array(repeating: try row.conditions(), count: try row.decode("times", as: Int.self))
        }
    }

    private static func obstacle(of investigation: Int, _ connection: PostgresConnection) async throws -> String? {
        try await connection.query(
            """
            select coalesce(error, 'infrastructure failed') reason from build
            where investigation_id = $1 and state = 'cancelled' limit 1
            """, [investigation]
        ).first.map { try $0.decode("reason") }
    }

    /// Who names a derivation: for the subject of its investigation.
    package func context(of derivation: Int) async throws -> InvestigationContext {
        let named = try await pool.query(
            """
            select j.package, j.version, j.meta ->> 'release' release
            from job j where j.derivation_id = $1 order by j.id desc limit 1
            """, [derivation]
        ).first
        let plain = try await pool.query("select name from derivation where id = $1", [derivation]).first
        let where_ = try await pool.query(
            """
            select min(r.date) date, min(e.jobset_id) jobset
            from evaluation_derivation m join evaluation e on e.id = m.evaluation_id
            join revision r on r.id = e.revision_id
            where m.derivations @> array[$1::int]
            """, [derivation]
        ).first
        let (name, version) = Self.split(try plain?.decode("name") ?? "")
        let package = try named?.decode("package") ?? name
        return InvestigationContext(
            package: package, version: try named?.decode("version") ?? version,
            earliestRevision: try where_?.optionalInstant("date"), jobset: try where_?.decode("jobset"),
            screening: try await screeningConditions(of: derivation),
            releases: try named?.decode("release", as: String?.self).flatMap { CivilDate($0)?.start }.map { [$0] }
                ?? [],
            earlierWindows: try await windows(ofPackage: package, except: derivation))
    }

    /// `hello-2.12` is `hello` at `2.12`: the version begins at the first dash that a digit follows.
    static func split(_ name: String) -> (package: String, version: String) {
        var previous: Character?
        for index in name.indices {
            if previous == "-", name[index].isNumber {
                return (String(name[..<name.index(before: index)]), String(name[index...]))
            }
            previous = name[index]
        }
        return (name, "")
    }

    private func screeningConditions(of derivation: Int) async throws -> [Conditions] {
        try await pool.query(
            """
            select k.date, k.cpu, k.kernel, k.cores from build b join conditions k on k.id = b.conditions_id
            where b.derivation_id = $1 and b.investigation_id is null order by b.id
            """, [derivation]
        ).map { try $0.conditions() }
    }

    private func windows(ofPackage package: String, except derivation: Int) async throws -> [Window] {
        try await pool.query(
            """
            select windows from trap where package = $1 and derivation_id <> $2 and axis = 'date'
            order by id desc limit 8
            """, [package, derivation]
        ).flatMap { try $0.json("windows", as: [Window].self) }
    }

    /// Records what the farm found out about a package before its first probe.
    package func prepare(investigation: Int, subject: Subject, candidates: [Candidate]) async throws {
        _ = try await pool.query(
            "update investigation set subject = $2, candidates = $3 where id = $1 and state = 'open'",
            [investigation, try PostgresJSON(encoding: subject), try PostgresJSON(encoding: candidates)])
    }

    /// Queues the builds an investigation asks for, and the record that it asked.
    package func request(_ wanted: [Conditions], for investigation: OpenInvestigation, jobset: Int?) async throws {
        try await pool.transaction { connection in
            let ids = try await Self.conditionIDs(wanted, connection)
            // Inputs' counts must hold until the builds are there.
            _ = try await connection.query("select pg_advisory_xact_lock(4711)")
            for conditions in ids {
                _ = try await Self.queueProbe(
                    of: investigation.derivation, conditions: conditions, jobset: jobset,
                    investigation: investigation.id, connection)
            }
            _ = try await connection.query(
                """
                select rebuild_freed(array(select x.id from derivation d cross join unnest(d.inputs) i
                                           join derivation x on x.id = i where d.id = $1 and x.freed is not null)),
                       pg_notify('almanac_builds', '')
                """,
                [investigation.derivation])
        }
    }

    /// Asks for one more run of a derivation under conditions, as a step of its investigation.
    ///
    /// - Returns: the build; nil where one under these conditions still waits for inputs.
    static func queueProbe(
        of derivation: Int, conditions: Int, jobset: Int?, investigation: Int, _ connection: PostgresConnection
    ) async throws -> Int? {
        try await connection.query(
            """
            with asked as (
              insert into build as b (derivation_id, conditions_id, jobset_id, investigation_id, state, pending,
                                      priority)
              select d.id, $2, $3, $4, case when x.missing > 0 then 'blocked'::build_state else 'ready' end, x.missing,
                     coalesce((select max(s.priority) from build s where s.derivation_id = d.id), d.depth)
              from derivation d cross join lateral (
                select count(*)::int missing from derivation i
                where i.id = any(d.inputs) and i.availability <> 'available') x
              where d.id = $1
              on conflict (derivation_id, conditions_id) do update set
                runs_wanted = greatest(b.runs_wanted, b.runs_done + 1)
                              + case when b.state in ('ready', 'leased') then 1 else 0 end,
                state = case when b.state = 'leased' then b.state else 'ready' end,
                losses = 0, retry_at = null, finished = null, error = null
              where b.pending = 0
              returning b.id, b.runs_wanted)
            insert into investigation_step (investigation_id, build_id, repeat_number)
            select $4, id, runs_wanted from asked returning build_id
            """, [derivation, conditions, jobset, investigation]
        ).first?.decode("build_id")
    }
}
