// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import Testing
import TimeTravel

@Suite struct ComparisonTests {
    /// An evaluation whose jobs have these verdicts.
    private func evaluation(_ farm: FarmFixture, _ number: Int, _ jobs: [String: String?]) async throws -> Int {
        let rows = try await farm.database.pool.query(
            """
            with r as (
              insert into revision (channel_id, commit, date) values ($1, $2, now()) returning id)
            insert into evaluation (jobset_id, revision_id, fingerprint, state, cause, started, finished)
            select $3, r.id, '', 'succeeded', 'manual', now(), now() from r returning id
            """, [farm.jobset.channel, String(repeating: "\(number)", count: 40), farm.jobset.id])
        let id: Int = try #require(rows.first).decode("id")
        for (index, job) in jobs.sorted(by: { $0.key < $1.key }).enumerated() {
            _ = try await farm.database.pool.query(
                """
                with d as (
                  insert into derivation (hash, name, system, is_fixed, inputs, outputs, output_paths, verdict)
                  values (decode(lpad(to_hex($1 * 100 + $2), 40, '0'), 'hex'), $3, 'x86_64-linux', false, '{}', '{out}',
                          '{x}', $4) returning id)
                insert into job (evaluation_id, name, package, version, derivation_id) select $5, $3, $3, $6, d.id from d
                """, [number, index, job.key, job.value, id, "1.\(number)"])
        }
        return id
    }

    @Test func `jobs are told apart by what became of them`() async throws {
        try await FarmFixture.run { farm in
            let before = try await evaluation(
                farm, 1,
                [
                    "worse": "sound", "better": "time-trap", "mended": "broken", "same": "cpu-trap",
                    "gone": "time-trap",
                    "lost": "sound", "open": nil, "fine": "sound",
                ])
            let after = try await evaluation(
                farm, 2,
                [
                    "worse": "time-trap", "better": "sound", "mended": "sound", "same": "time-trap", "new": "cpu-trap",
                    "lost": "source-lost", "open": "time-trap", "fine": "sound", "later": nil,
                ])
            let comparison = try await farm.database.compareEvaluations(before, after)
            #expect(comparison.newlyTrapped.map(\.job) == ["new", "worse"])
            #expect(comparison.fixed.map(\.job) == ["better", "mended"])
            #expect(comparison.stillTrapped.map(\.job) == ["same"])
            #expect(comparison.newlyBroken.map(\.job) == ["lost"])
            #expect(comparison.undecided == 2)
            #expect(comparison.newlyTrapped.last?.versionBefore == "1.1")
            #expect(comparison.newlyTrapped.first?.versionBefore == nil)

            let same = try await farm.database.compareEvaluations(after, after)
            #expect(same.newlyTrapped.isEmpty && same.fixed.isEmpty && same.newlyBroken.isEmpty)
            await #expect(throws: FarmError.self) { try await farm.database.compareEvaluations(before, 99) }
        }
    }
}
