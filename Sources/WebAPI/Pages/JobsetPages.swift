// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// What is evaluated: all jobsets, and one with its evaluations.
enum JobsetPages {
    static let list = Endpoint.page("/jobsets", "showJobsets", "The loaded jobsets, for people.") { call in
        let jobsets = try await call.database.jobsetRecords()
        return Page("Jobsets") {
            tag(.h1) { "Jobsets" }
            if jobsets.isEmpty {
                tag(.p) {
                    "None is loaded. "
                    tag(.code) { "almanac jobset add FILE" }
                    " loads one."
                }
            } else {
                Pieces.table(
                    "Loaded jobsets", ["Jobset", "Engine", "Channel", "Next due", "Evaluations"],
                    jobsets.map { jobset in
                        [
                            Pieces.link(WebPath("jobsets", jobset.name), jobset.name), .text(jobset.engine),
                            .text(jobset.channel), due(jobset), .text("\(jobset.evaluations)"),
                        ]
                    })
            }
        }
    }

    private static func due(_ jobset: JobsetRecord) -> HTML {
        jobset.enabled ? Pieces.time(jobset.nextDue) : tag(.span, .css("wait")) { "disabled" }
    }

    static let one = Endpoint.page(
        "/jobsets/{name}", "showJobset", "A jobset with its evaluations, for people.",
        parameters: [Parameters.name.facts, Parameters.before.facts, Parameters.limit.facts]
    ) { call in
        let jobset = try await call.jobset(named: try call.required(Parameters.name))
        let limit = try call.limit()
        let found = try await call.database.evaluations(
            jobset: jobset.name, before: try call.value(Parameters.before), limit: limit + 1)
        let shown = found.prefix(limit)
        return Page(jobset.name) {
            tag(.h1) { jobset.name }
            if !jobset.description.isEmpty { tag(.p, .css("lead")) { jobset.description } }
            Pieces.facts([
                ("Engine", .text(jobset.engine)), ("Channel", .text(jobset.channel)),
                ("Schedule", jobset.schedule.map { schedule in tag(.code) { schedule } }), ("Next due", due(jobset)),
                ("Priority", .text("\(jobset.priority)")),
            ])
            tag(.p) { Pieces.link(WebPath("jobsets", jobset.name, "matrix"), "All revisions beside each other") }
            tag(.h2) { "Evaluations" }
            if shown.isEmpty {
                tag(.p) { "There is none yet." }
            } else {
                Pieces.table(
                    "Evaluations, newest first",
                    ["Evaluation", "Revision", "Date", "Subject", "State", "Jobs", "Builds"],
                    shown.map(row))
                Pieces.more(found.count > limit ? shown.last.map { call.here("before", $0.id) } : nil)
            }
        }
    }

    private static func row(_ evaluation: EvaluationRecord) -> [HTML] {
        [
            Pieces.link(WebPath("evaluations", evaluation.id), "\(evaluation.id)"), Pieces.commit(evaluation.commit),
            Pieces.time(evaluation.date.date.start), .text(evaluation.subject), Pieces.state(evaluation.state),
            .text("\(evaluation.jobs)"),
            .text(evaluation.builds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")),
        ]
    }
}
