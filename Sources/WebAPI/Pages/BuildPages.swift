// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// Builds: a list by filters, and one with its runs.
enum BuildPages {
    static let list = Endpoint.page(
        "/builds", "showBuilds", "Builds, newest first, for people.",
        parameters: [
            Parameters.derivation.facts, Parameters.buildState.facts, Parameters.before.facts, Parameters.limit.facts,
        ]
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.builds(
            of: try call.value(Parameters.derivation).map { DerivationName($0) },
            state: try call.value(Parameters.buildState), before: try call.value(Parameters.before), limit: limit + 1)
        let shown = found.prefix(limit)
        return Page("Builds") {
            tag(.h1) { "Builds" }
            if shown.isEmpty {
                tag(.p) { "No build fits." }
            } else {
                Pieces.table(
                    "Builds, newest first", ["Build", "Derivation", "Conditions", "State", "Verdict"],
                    shown.map { build in
                        [
                            Pieces.link(WebPath("builds", build.id), "\(build.id)"), .text(build.name),
                            Pieces.conditions(build.conditions), Pieces.state(build.state),
                            Pieces.verdict(build.verdict),
                        ]
                    })
                Pieces.more(found.count > limit ? shown.last.map { call.here("before", $0.id) } : nil)
            }
        }
    }

    static let one = Endpoint.page(
        "/builds/{build}", "showBuild", "A build with its runs, for people.", parameters: [Parameters.build.facts]
    ) { call in
        let build = try await Endpoint.buildRecord(call)
        let name = DerivationName(build.derivation)
        let runs = try await call.database.runSummaries(of: name).filter { $0.build == build.id }
        var filter = TrapFilter()
        filter.derivation = name
        filter.limit = 1
        let trap = try await call.database.trapEntries(filter, withRevisions: false).first
        let why =
            ["blocked", "ready", "leased"].contains(build.state)
            ? try await call.database.explanation(ofBuild: build.id) : nil
        return Page(build.name) {
            tag(.h1) { build.name }
            tag(.p, .css("lead")) { Pieces.conditions(build.conditions) }
            Pieces.facts([
                ("State", Pieces.state(build.state)),
                ("Error", build.error.map { error in tag(.span, .css("bad")) { error } }),
                ("Verdict on the derivation", Pieces.verdict(build.verdict)),
                ("Trap", trap.map { Pieces.link(WebPath("traps", $0.record.id), "trap \($0.record.id)") }),
                ("Kind", build.isScreening ? "screening" : "probe of an investigation"),
                ("Derivation", tag(.code) { build.derivation }),
                (
                    "Other builds",
                    Pieces.link(WebPath("builds").adding("derivation", build.derivation), "of the same derivation")
                ),
                ("Created", Pieces.time(build.created)), ("Finished", build.finished.map { Pieces.time($0) }),
            ])
            if let why {
                tag(.h2) { why.state == "leased" ? "Who has it" : "Why it does not run" }
                tag(.ul) { why.sentences.map { sentence in tag(.li) { sentence } } }
            }
            tag(.h2) { "Runs" }
            if runs.isEmpty {
                tag(.p) { "It has not been run yet." }
            } else {
                Pieces.table(
                    "Runs, oldest first", ["Run", "Outcome", "Reason", "Began", "Took"],
                    runs.map { run in
                        [
                            Pieces.link(WebPath("runs", run.id), "\(run.id)"), Pieces.outcome(run.outcome),
                            .text(run.reason ?? "–"), Pieces.time(run.started), .text(Pieces.seconds(run.seconds)),
                        ]
                    })
            }
        }
    }
}
