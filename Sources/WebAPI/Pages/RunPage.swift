// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// A run: what was measured in its guest, and what its log says.
enum RunPage {
    static let endpoint = Endpoint.page(
        "/runs/{run}", "showRun", "A run with its evidence and its log's telling lines, for people.",
        parameters: [Parameters.run.facts]
    ) { call in
        let detail = try await Endpoint.runDetail(call)
        let run = detail.record
        let log = RunLog(
            path: call.services.logs(run.id), isComplete: run.outcome != nil, files: call.services.logFiles)
        let excerpt = try await LogExcerpt.read(log, telling: detail.facts.map(\.line))
        return Page("Run \(run.id)") {
            tag(.h1) { "Run \(run.id)" }
            tag(.p, .css("lead")) { Pieces.conditions(run.conditions) }
            facts(run)
            tag(.h2) { "Log" }
            if let excerpt {
                excerpt.html
                tag(.p) { Pieces.link(WebPath("api", "v1", "runs", "\(run.id)", "log"), "The whole log") }
            } else {
                tag(.p) { run.outcome == nil ? "Nothing has been written yet." : "No log was kept." }
            }
            if !detail.facts.isEmpty {
                tag(.h2) { "What the log says" }
                tag(.ul) {
                    detail.facts.prefix(100).map { fact in
                        tag(.li) {
                            tag(.a, .href(WebPath("runs", run.id).fragment("line-\(fact.line)"))) {
                                "line \(fact.line)"
                            }
                            ", \(fact.kind.rawValue): "
                            tag(.code) { VisibleText.line(Array(fact.text.utf8)) }
                        }
                    }
                }
            }
            if let evidence = detail.evidence {
                tag(.h2) { "Evidence" }
                tag(.p) { "Measured in and around the guest." }
                tree(evidence, depth: 0)
            }
        }
    }

    private static func facts(_ run: RunRecord) -> HTML {
        Pieces.facts([
            ("Outcome", Pieces.outcome(run.outcome)), ("Reason", run.reason.map { .text($0) }),
            ("Build", Pieces.link(WebPath("builds", run.build), "build \(run.build)")),
            ("Derivation", tag(.code) { run.derivation }), ("Worker", run.worker.map { .text($0) }),
            ("Began", Pieces.time(run.started)), ("Ended", run.finished.map { Pieces.time($0) }),
            ("Guest's clock at the beginning", run.guestBegan.map { Pieces.time($0) }),
            ("Guest's clock at the end", run.guestEnded.map { Pieces.time($0) }),
            ("Took", run.seconds.map { .text(Pieces.seconds($0)) }),
        ])
    }

    /// A JSON value as nested lists.
    private static func tree(_ value: JSON, depth: Int) -> HTML {
        switch value {
        case .null: "–"
        case .bool(let value): .text(value ? "yes" : "no")
        case .integer(let value): .text("\(value)")
        case .number(let value): .text("\(value)")
        case .string(let text): tag(.code) { LogExcerpt.visible(String(text.prefix(4_000))) }
        case .array where depth > 6, .object where depth > 6: "…"
        case .array(let elements):
            tag(.ul) { elements.prefix(200).map { element in tag(.li) { tree(element, depth: depth + 1) } } }
        case .object(let members):
            Pieces.facts(
                members.sorted { $0.key < $1.key }.prefix(200).map { ($0.key, tree($0.value, depth: depth + 1)) })
        }
    }
}
