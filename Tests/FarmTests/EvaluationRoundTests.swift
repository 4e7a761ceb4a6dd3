// SPDX-License-Identifier: GPL-3.0-or-later

import Evaluators
import Farm
import Foundation
import Logging
import StoreDaemon
import Testing
import TimeTravel

@Suite struct EvaluationRoundTests {
    private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    @Test func `a revision that does not evaluate shows its error and log, and the others go on`() async throws {
        let data = NSTemporaryDirectory() + "almanac-evaluation-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: data) }
        let store = try HostStore.nix(dataDirectory: data)
        try await FarmFixture.run { farm in
            let wrong = String(repeating: "b", count: 40)
            let revisions = try await farm.database.store(
                revisions: [
                    (String(repeating: "a", count: 40), FarmFixture.start, "first"),
                    (wrong, FarmFixture.start + 1, "wrong"),
                    (String(repeating: "c", count: 40), FarmFixture.start + 2, "last"),
                ], channel: farm.jobset.channel)
            _ = try await farm.database.queueEvaluations(jobset: farm.jobset, revisions: revisions, cause: "loaded")
            let round = EvaluationRound(
                database: farm.database, store: store, defaultKernel: farm.screening.kernel, now: { FarmFixture.start },
                logger: silent
            ) { evaluation, _, _ in
                if evaluation.commit == wrong {
                    throw EvaluationFailure("undefined variable 'x'", log: "line one\nline two")
                }
                return EvaluatedRevision(
                    jobs: [
                        IngestJob(
                            name: "odd", package: "odd", version: "", system: "",
                            derivation: .failure(JobFailure("this package throws")))
                    ], log: evaluation.commit.hasPrefix("c") ? "a module does not load" : "")
            }
            try await round()
            let records = try await farm.database.evaluations().sorted { $0.id < $1.id }
            #expect(records.map(\.state) == ["succeeded", "failed", "succeeded"])
            #expect(records[1].error == "undefined variable 'x'")
            #expect(try await farm.database.evaluationLog(records[1].id) == "line one\nline two")
            #expect(records[2].jobs == 1 && records[2].failedJobs == 1)
            // Where all went well there may be something to say too.
            #expect(try await farm.database.evaluationLog(records[2].id) == "a module does not load")
            #expect(try await farm.database.evaluationLog(records[0].id)?.isEmpty ?? true)
        }
    }

    @Test func `an evaluation under way shows its packages and errors`() async throws {
        try await FarmFixture.run { farm in
            let revisions = try await farm.database.store(
                revisions: [(String(repeating: "a", count: 40), FarmFixture.start, "first")],
                channel: farm.jobset.channel)
            _ = try await farm.database.queueEvaluations(jobset: farm.jobset, revisions: revisions, cause: "loaded")
            let pending = try #require(try await farm.database.startEvaluation())
            try await farm.database.note(EvaluationProgress(done: 120, all: 500, failed: 3), of: pending.id)
            let progress = try await farm.database.progress()
            #expect(progress.packagesEvaluated == 120 && progress.packagesFailed == 3)
            #expect(progress.packagesPerSecond > 0 && progress.packagesPerSecond <= 120)
            let record = try #require(try await farm.database.evaluations().first)
            #expect(record.state == "running" && record.jobs == 120 && record.failedJobs == 3)
            try await farm.database.failEvaluation(pending.id, error: "enough", log: "")
            try await farm.database.note(EvaluationProgress(done: 121, failed: 3), of: pending.id)
            #expect(try await farm.database.progress().packagesEvaluated == 0)
            #expect(try await farm.database.evaluations().first?.jobs == 120)
        }
    }

    @Test func `a jobset that is looked up again queues only what is new`() async throws {
        try await FarmFixture.run { farm in
            let lookUp = LookUpRound(
                database: farm.database, logger: silent, now: { FarmFixture.start + 86_400 }
            ) { _ in
                [.init(commit: String(repeating: "d", count: 40), date: FarmFixture.start, subject: "only")]
            }
            try await farm.database.trigger(jobset: farm.jobset.id, cause: "schedule")
            try await lookUp()
            #expect(try await farm.database.evaluations().map(\.cause) == ["schedule"])
            try await farm.database.trigger(jobset: farm.jobset.id, cause: "schedule")
            try await lookUp()
            #expect(try await farm.database.evaluations().count == 1)
            // The schedule, 2 o'clock in Berlin, goes on from now, however many nights were missed.
            #expect(try await farm.database.jobset(named: "sample").nextDue == Instant("2020-01-02T01:00:00Z"))
        }
    }

    @Test func `a schedule that has come is served once`() async throws {
        try await FarmFixture.run { farm in
            let due = try #require(farm.jobset.nextDue)
            #expect(try await farm.database.wantedJobsets(now: due - 1).isEmpty)
            let wanted = try await farm.database.wantedJobsets(now: due + 7 * 86_400)
            #expect(wanted.map(\.cause) == ["schedule"])
        }
    }
}
