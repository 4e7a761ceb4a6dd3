// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import TimeTravel

/// A farm's database after a few years: revisions that the farm took in, whose builds have ended, and a catalog.
struct WebFilling {
    let laboratory: QueueLaboratory
    let scale: Double
    let seed: UInt64
    let progress: @Sendable (String) -> Void

    struct Numbers: Sendable {
        var builds: Int
        var traps: Int
        /// What is asked for.
        var paths: [String]
    }

    private static let revisions = 5

    func fill() async throws -> Numbers {
        let graph = QueueGraph(scale: scale, seed: seed)
        let screening = (0..<WebBenchmark.instants).map { year in
            Conditions(
                date: CivilDate(firstOf: 2100 + year).start, cpu: .baseline, kernel: .simulated, cores: 1)
        }
        for revision in 1...Self.revisions {
            progress("taking in revision \(revision)")
            _ = try await laboratory.ingest(
                try graph.derivations(revision: revision), commit: revision, screening: screening)
        }
        progress("ending builds and filling the catalog")
        let pool = laboratory.database.pool
        // What autovacuum does after each new closure; looking for a derivation's evaluations is slow until then.
        try await pool.execute(script: "vacuum analyze closure")
        try await pool.execute(script: Self.script(traps: max(10, Int(10_000 * scale))))
        try await pool.execute(script: "vacuum analyze")
        // As the server does every minute.
        try await laboratory.database.countEvaluations(limit: 100)
        return try await numbers(pool)
    }

    private static func script(traps: Int) -> String {
        """
        alter table build disable trigger user;
        update derivation set availability = 'available', verdict = 'sound';
        insert into worker (name, host, capacity) values ('one', 'bench', 8), ('two', 'bench', 8);
        update build set pending = 0, state = case when id % 20 = 0 then 'failed' when id % 97 = 0 then 'ready'
                                                   else 'succeeded' end::build_state,
                         finished = case when id % 20 = 0 or id % 97 <> 0 then now() - id * interval '1 second' end,
                         runs_done = 1;
        alter table build enable trigger user;
        select recount();
        insert into run (build_id, worker_id, outcome, reason, started, finished, guest_began, guest_ended, seconds, evidence,
                         log_bytes)
        select b.id, 1 + b.id % 2, case b.state when 'failed' then 'failed' else 'succeeded' end::outcome,
               case b.state when 'failed' then 'the tests failed' end, b.finished - interval '1 minute', b.finished,
               k.date, k.date + interval '1 minute', 60, '{"accelerator": "kvm"}', 12345
        from build b join conditions k on k.id = b.conditions_id where b.finished is not null order by b.id;
        insert into investigation (derivation_id, state, subject, finding, concluded)
        select id, 'concluded', jsonb_build_object('package', name), '{"verdict": "time-trap", "reason": "measured"}', now()
        from derivation where not is_fixed order by hash limit \(traps);
        insert into trap (derivation_id, investigation_id, package, version, verdict, axis, cause, windows, evidence,
                          probability, runs, first_bad, created)
        select i.derivation_id, i.id, 'package-' || i.id % 3000, '1.' || i.id, 'time-trap', 'date',
               (array['certificate-expired', 'y2038', 'hard-coded-date', 'unknown'])[1 + i.id % 4],
               jsonb_build_array(jsonb_build_object('notBefore', null, 'notAfter', jsonb_build_object(
                 'lastGood', to_char(edge, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                 'firstBad', to_char(edge + interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))),
               jsonb_build_array(jsonb_build_object('kind', 'log', 'run', 1, 'line', 3, 'text',
                 'certificate number ' || i.id || ' has expired')),
               0.99, array(select r.id from run r join build b on b.id = r.build_id where b.derivation_id = i.derivation_id),
               edge + interval '1 minute', now() - i.id * interval '1 minute'
        from investigation i, lateral (select timestamptz '2020-01-01Z' + i.id * interval '3 days' edge) e;
        insert into annotation (package, version, derivation_id, origin, date)
        select package, version, derivation_id, 'measured', '2019-05-01Z' from trap;
        update derivation d set verdict = 'time-trap' from trap t where t.derivation_id = d.id;
        """
    }

    private func numbers(_ pool: PostgresPool) async throws -> Numbers {
        let rows = try await pool.query(
            """
            select (select count(*) from build) builds, (select count(*) from trap) traps,
                   (select max(id) from evaluation) evaluation, t.id trap, t.package, d.name, b.id build, r.id run,
                   (select name from job where derivation_id = d.id limit 1) job,
                   (select max(id) from build where state = 'ready') ready
            from trap t join derivation d on d.id = t.derivation_id join build b on b.derivation_id = d.id
            join run r on r.build_id = b.id
            where exists (select from job where derivation_id = d.id) order by t.id desc limit 1
            """)
        guard let row = rows.first else { throw QueueBenchmarkError.empty("the catalog") }
        let (trap, build, evaluation): (Int, Int, Int) = (
            try row.decode("trap"), try row.decode("build"), try row.decode("evaluation")
        )
        let ready: Int = try row.decode("ready")
        let run: Int64 = try row.decode("run")
        let (package, name, job): (String, String, String) = (
            try row.decode("package"), try row.decode("name"), try row.decode("job")
        )
        let paths = [
            "/", "/catalog", "/catalog?q=expired", "/catalog?q=package-17", "/catalog?axis=date&cause=y2038",
            "/catalog?at=2030-01-01", "/traps/\(trap)", "/calendar", "/jobsets", "/jobsets/bench",
            "/jobsets/bench/matrix",
            "/evaluations/\(evaluation)", "/evaluations/\(evaluation)/changes?since=\(evaluation - 1)", "/builds",
            "/builds?state=failed",
            "/builds?derivation=\(name)", "/builds/\(build)", "/runs/\(run)", "/workers", "/alerts",
            "/api/v1/traps", "/api/v1/traps?q=expired", "/api/v1/traps?package=\(package)", "/api/v1/traps?sort=edge",
            "/api/v1/traps/\(trap)", "/api/v1/traps/\(trap)/history", "/api/v1/channels", "/api/v1/jobsets",
            "/api/v1/revisions", "/api/v1/evaluations", "/api/v1/evaluations/\(evaluation)/jobs",
            "/api/v1/evaluations/\(evaluation)/changes?since=\(evaluation - 1)", "/api/v1/builds",
            "/api/v1/builds?state=ready",
            "/api/v1/builds/\(build)", "/api/v1/builds/\(build)/why", "/api/v1/builds/\(ready)/why", "/builds/\(ready)",
            "/api/v1/runs/\(run)", "/api/v1/investigations",
            "/api/v1/annotations", "/api/v1/workers", "/api/v1/alerts", "/api/v1/progress", "/api/latestbuilds?nr=100",
            "/api/queue?nr=100", "/api/evaluations?nr=100", "/api/jobs/history?spec=bench&names=\(job)&nr=5",
            "/build/\(build)", "/metrics",
        ]
        return Numbers(builds: try row.decode("builds"), traps: try row.decode("traps"), paths: paths)
    }
}
