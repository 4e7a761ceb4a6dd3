// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// An evaluation: its jobs with their verdicts, or why there are none.
enum EvaluationPage {
    static let endpoint = Endpoint.page(
        "/evaluations/{evaluation}", "showEvaluation", "An evaluation with its jobs' verdicts, for people.",
        parameters: [Parameters.evaluation.facts, Parameters.after.facts, Parameters.limit.facts]
    ) { call in
        let evaluation = try await Endpoint.evaluationRecord(call)
        let limit = try call.limit()
        let found = try await call.database.jobs(
            ofEvaluation: evaluation.id, after: try call.value(Parameters.after), limit: limit + 1)
        let shown = found.prefix(limit)
        let hasEarlier = try await call.database.evaluation(before: evaluation.id) != nil
        let log = try await call.database.evaluationLog(evaluation.id) ?? ""
        return Page("\(evaluation.jobset) at \(evaluation.commit.prefix(12))") {
            tag(.h1) { "\(evaluation.jobset) at \(evaluation.commit.prefix(12))" }
            facts(evaluation)
            tag(.p) {
                if hasEarlier {
                    Pieces.link(
                        WebPath("evaluations", evaluation.id, "changes"), "What changed since the revision before")
                    " · "
                }
                Pieces.link(WebPath("jobsets", evaluation.jobset, "matrix"), "All revisions beside each other")
            }
            if let error = evaluation.error {
                tag(.h2) { "Why it failed" }
                tag(.pre, .set("tabindex", 0)) { tag(.code) { LogExcerpt.visible(error) } }
            }
            if !shown.isEmpty {
                tag(.h2) { "Jobs" }
                Pieces.table(
                    "Jobs and what became of them", ["Job", "Version", "Verdict", "Build", "Trap"], shown.map(row))
                Pieces.more(found.count > limit ? shown.last.map { call.here("after", $0.id) } : nil)
            }
            if !log.isEmpty {
                tag(.h2) { "The evaluator's output" }
                LogExcerpt.of(text: log).html
                tag(.p) {
                    Pieces.link(WebPath("api", "v1", "evaluations", "\(evaluation.id)", "log"), "The whole output")
                }
            }
        }
    }

    private static func facts(_ evaluation: EvaluationRecord) -> HTML {
        let builds = evaluation.builds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return Pieces.facts([
            ("Jobset", Pieces.link(WebPath("jobsets", evaluation.jobset), evaluation.jobset)),
            ("Revision", tag(.code) { evaluation.commit }), ("Subject", .text(evaluation.subject)),
            ("Date of the revision", Pieces.time(evaluation.date)), ("State", Pieces.state(evaluation.state)),
            ("Why", .text(evaluation.cause)), ("Finished", evaluation.finished.map { Pieces.time($0) }),
            ("Jobs", .text("\(evaluation.jobs), of which \(evaluation.failedJobs) without a derivation")),
            ("Builds", builds.isEmpty ? nil : .text(builds.joined(separator: ", "))),
        ])
    }

    private static func row(_ job: JobRecord) -> [HTML] {
        let build = job.build.map { Pieces.link(WebPath("builds", $0), job.state ?? "") }
        let error = job.error.map { error in tag(.span, .css("bad")) { error } }
        return [
            .text(job.name), .text(job.version), job.error == nil ? Pieces.verdict(job.verdict) : "–",
            build ?? error ?? "–", job.trap.map { Pieces.link(WebPath("traps", $0), "trap \($0)") } ?? "–",
        ]
    }
}
