// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Jobsets
import Postgres

/// What a test's database begins with.
enum FarmFilling: Sendable {
    case nothing
    /// One jobset with three evaluations, a date trap, a processor trap, a trap whose names are an attack, a sound
    /// package, one that is building and one without a derivation; see the script for the numbers.
    case demonstration

    /// The package name of trap 3.
    static let attack = "<img src=x onerror=alert(1)>\"'&"

    /// An output of the sound package.
    static let item = "3dq55rw99wdc4g4wblz7xikc8a2jy7a3-hello-2.12"

    func fill(_ pool: PostgresPool) async throws {
        switch self {
        case .nothing: return
        case .demonstration:
            let jobset = JobsetDescription(
                name: "demo", description: "Three revisions & <b>more</b>", engine: .nix,
                channel: ChannelDescription(
                    name: "demo", url: .demonstration(folder: "demo"), expression: ChannelDescription.defaultExpression),
                revisions: [.newest(3)])
            _ = try await FarmDatabase(pool: pool).store([jobset], now: Site.now)
            try await pool.execute(script: Self.script)
        }
    }

    private static let script = """
        insert into revision (channel_id, commit, date, subject) values
          (1, repeat('a', 40), '2019-05-01Z', 'one'), (1, repeat('b', 40), '2020-05-01Z', '<i>two</i>'),
          (1, repeat('c', 40), '2021-05-01Z', 'three');
        insert into evaluation (jobset_id, revision_id, fingerprint, state, cause, started, finished, error, log,
                                job_count, failed_job_count) values
          (1, 1, 'f', 'succeeded', 'loaded', '2026-11-20Z', '2026-11-20 00:01Z', null, null, 6, 1),
          (1, 2, 'f', 'failed', 'loaded', '2026-11-20Z', '2026-11-20 00:01Z', 'undefined variable ''pkgs''',
           E'evaluating\\n<script>alert(2)</script>\\nerror: undefined variable', 0, 0),
          (1, 3, 'f', 'running', 'schedule', '2026-11-20Z', null, null, null, 0, 0);
        insert into derivation (hash, name, system, is_fixed, inputs, outputs, output_paths, verdict)
        select decode(repeat('0' || n, 20), 'hex'), name, 'x86_64-linux', false, '{}', '{out}', '{x}', v::verdict
        from (values (1, 'python-foo-1.2', 'time-trap'), (2, 'python-bar-2.0', 'cpu-trap'),
                     (3, '\(attack.sql)-9', 'time-trap'), (4, 'hello-2.12', 'sound'), (5, 'slow-1', null)) d(n, name, v)
        order by n;
        update derivation set output_paths = '{\(item)}' where name = 'hello-2.12';
        insert into closure (digest, derivations) values (sha256('demo'), '{1,2,3,4,5}');
        update evaluation set closure_id = 1 where id = 1;
        insert into job (evaluation_id, name, package, version, system, derivation_id, error) values
          (1, 'foo.x86_64-linux', 'python-foo', '1.2', 'x86_64-linux', 1, null),
          (1, 'bar.x86_64-linux', 'python-bar', '2.0', 'x86_64-linux', 2, null),
          (1, 'attack.x86_64-linux', '\(attack.sql)', '9', 'x86_64-linux', 3, null),
          (1, 'hello.x86_64-linux', 'hello', '2.12', 'x86_64-linux', 4, null),
          (1, 'slow.x86_64-linux', 'slow', '1', 'x86_64-linux', 5, null),
          (1, 'lost.x86_64-linux', 'lost', '', 'x86_64-linux', null, 'no such <input>');
        insert into conditions (date, cpu, kernel, cores) values
          ('2100-01-01Z', 'x86-64-v1', '6.1.0-47-amd64', 1), ('2019-05-01Z', 'Nehalem', '6.1.0-47-amd64', 1),
          ('2026-12-31Z', 'x86-64-v1', '6.1.0-47-amd64', 1), ('2027-01-01Z', 'x86-64-v1', '6.1.0-47-amd64', 1);
        insert into worker (name, host, capacity) values ('here', 'localhost', 2);
        insert into investigation (derivation_id, state, subject, candidates, finding, created, concluded) values
          (1, 'concluded', '{"package": "python-foo"}', '[{"kind": "certificate-not-after"}]',
           '{"verdict": "time-trap", "reason": "It fails from 2027-01-01 on."}', '2026-11-20Z', '2026-11-20 01:00Z'),
          (2, 'concluded', null, null, '{"verdict": "cpu-trap", "reason": "r"}', '2026-11-20Z', '2026-11-20 01:00Z'),
          (3, 'open', null, null, null, '2026-11-20Z', null);
        insert into build (derivation_id, conditions_id, jobset_id, investigation_id, state, pending, worker_id, leased_at,
                           finished, error) values
          (1, 1, 1, null, 'failed', 0, null, null, '2026-11-20 00:10Z', 'builder failed'),
          (1, 2, 1, 1, 'succeeded', 0, null, null, '2026-11-20 00:20Z', null),
          (1, 3, 1, 1, 'succeeded', 0, null, null, '2026-11-20 00:30Z', null),
          (1, 4, 1, 1, 'failed', 0, null, null, '2026-11-20 00:40Z', 'builder failed'),
          (2, 1, 1, null, 'failed', 0, null, null, '2026-11-20 00:10Z', '<u>boom</u>'),
          (3, 1, 1, null, 'failed', 0, null, null, '2026-11-20 00:10Z', 'builder failed'),
          (4, 1, 1, null, 'succeeded', 0, null, null, '2026-11-20 00:10Z', null),
          (5, 1, 1, null, 'leased', 0, 1, '2026-11-20 23:50Z', null, null),
          (2, 2, 1, 2, 'blocked', 1, null, null, null, null);
        insert into run (build_id, worker_id, outcome, reason, started, finished, guest_began, guest_ended, seconds,
                         evidence, facts, log_bytes)
        select b, 1, o::outcome, r, '2026-11-20Z', case when o is not null then '2026-11-20 00:05Z'::timestamptz end,
               k.date + interval '20 seconds', k.date + interval '80 seconds', 60, e::jsonb, f::jsonb, n
        from (values
          (1, 1, 'failed', 'builder failed',
           '{"clock": {"before": "2100-01-01T00:00:20Z"}, "cpu": {"model": "<QEMU>"}, "memory": 1024}',
           '[{"kind": "certificate-expired", "side": "after", "line": 3, "text": "certificate has expired", "instants": []}]',
           120),
          (2, 2, 'succeeded', null, '{}', '[]', 10), (3, 3, 'succeeded', null, '{}', '[]', 10),
          (4, 4, 'failed', 'builder failed', '{}', '[]', 10), (5, 5, 'failed', 'builder failed', '{}', '[]', 10),
          (6, 6, 'failed', 'builder failed', '{}', '[]', 10), (7, 7, 'succeeded', null, '{}', '[]', 10),
          (8, 8, null, null, null, '[]', null), (9, 5, 'infrastructure', 'guest clock was off', null, '[]', null)
        ) v(n0, b, o, r, e, f, n) join build x on x.id = b join conditions k on k.id = x.conditions_id order by n0;
        insert into investigation_step (investigation_id, build_id, repeat_number, made) values
          (1, 2, 1, '2026-11-20 00:11Z'), (1, 3, 1, '2026-11-20 00:12Z'), (1, 4, 1, '2026-11-20 00:13Z');
        insert into trap (derivation_id, investigation_id, package, version, verdict, axis, cause, windows, cpu, evidence,
                          probability, runs, first_bad, created) values
          (1, 1, 'python-foo', '1.2', 'time-trap', 'date', 'certificate-expired',
           '[{"notBefore": null,
              "notAfter": {"lastGood": "2026-12-31T23:59:59Z", "firstBad": "2027-01-01T00:00:20Z"}}]', null,
           '[{"kind": "file", "path": "tests/cert.pem", "line": 1, "instant": "2027-01-01T00:00:00Z",
              "text": "notAfter of <CN=test>"}, {"kind": "log", "run": 1, "line": 3, "text": "certificate has expired"}]',
           0.99, '{1,2,3,4}', '2027-01-01 00:00:20Z', '2026-11-20 01:00Z'),
          (2, 2, 'python-bar', '2.0', 'cpu-trap', 'cpu', 'illegal-instruction', '[]',
           '{"lastBad": "core2duo", "firstGood": "Nehalem"}', '[]', 0.9, '{5}', null, '2026-11-20 02:00Z'),
          (3, 3, '\(attack.sql)', '9', 'time-trap', 'date', 'unknown',
           '[{"notBefore": {"lastBad": "2020-01-01T00:00:00Z", "firstGood": "2020-01-02T00:00:00Z"},
              "notAfter": {"lastGood": "2036-01-01T00:00:00Z", "firstBad": "2038-01-19T03:14:08Z"}}]', null,
           '[{"kind": "log", "run": 6, "line": 1, "text": "<script>alert(3)</script>"}]', 0.5, '{6}',
           '2038-01-19 03:14:08Z', '2026-11-20 03:00Z');
        insert into annotation (package, version, derivation_id, origin, date) values
          ('python-foo', '1.2', 1, 'measured', '2019-05-01Z');
        insert into outbox (key, kind, jobset_id, trap_id, target, payload, state, attempts, last_error) values
          ('k', 'new-trap', 1, 1, '{"webhook": "http://127.0.0.1:9/hook?token=hidden", "secret": {"file": "/s"}}', '{}', 'dead',
           12, '<i>answered</i> 503');
        """
}

extension String {
    /// Inside a literal of SQL.
    fileprivate var sql: String { replacing("'", with: "''") }
}
