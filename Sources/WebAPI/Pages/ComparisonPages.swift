// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import TimeTravel

/// Revisions beside each other: a jobset's matrix of packages, and what differs between two evaluations.
enum ComparisonPages {
    static let endpoints: [Endpoint] = [matrix, changes]

    private static let matrix = Endpoint.page(
        "/jobsets/{name}/matrix", "showMatrix", "What became of each package in a jobset's revisions, for people.",
        parameters: [
            Parameters.name.facts, Parameters.columns.facts, Parameters.afterJob.facts, Parameters.troubled.facts,
            Parameters.limit.facts,
        ]
    ) { call in
        let (matrix, next) = try await Endpoint.matrix(call)
        let name = try call.required(Parameters.name)
        let troubled = try call.value(Parameters.troubled) == "yes"
        return Page("\(name) by revision") {
            tag(.h1) { "\(name) by revision" }
            tag(.p, .css("lead")) { "A row for each package, a column for each revision, the newest to the right." }
            tag(.p) {
                Pieces.link(WebPath("jobsets", name), "The jobset")
                " · "
                troubled
                    ? Pieces.link(WebPath("jobsets", name, "matrix"), "All packages")
                    : Pieces.link(
                        WebPath("jobsets", name, "matrix").adding("troubled", "yes"), "Only those with a problem")
            }
            matrix.rows.isEmpty ? tag(.p) { "Nothing to show." } : table(matrix)
            Pieces.more(next)
            legend
        }
    }

    private static func table(_ matrix: RevisionMatrix) -> HTML {
        tag(.div, .css("wide"), .set("tabindex", 0), .set("role", "region"), .set("aria-label", "Packages by revision"))
        {
            tag(.table, .css("matrix")) {
                tag(.caption) { "Packages by revision" }
                tag(.thead) {
                    tag(.tr) {
                        tag(.th, .set("scope", "col")) { "Package" }
                        matrix.columns.map { column in
                            tag(.th, .set("scope", "col")) {
                                tag(.a, .href(WebPath("evaluations", column.evaluation)), .set("title", column.commit))
                                {
                                    "\(column.date.date)"
                                }
                            }
                        }
                    }
                }
                tag(.tbody) {
                    matrix.rows.map { row in
                        tag(.tr) {
                            tag(.th, .set("scope", "row")) { row.job }
                            matrix.columns.map { column in
                                tag(.td) { cell(row.cells.first { $0.evaluation == column.evaluation }) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A sign with its meaning as its title, and the way to what it stands for.
    static func cell(_ cell: RevisionMatrix.Cell?) -> HTML {
        guard let cell else { return tag(.span, .css("soft"), .set("title", "not in this revision")) { "–" } }
        let (text, css, meaning) = sign(cell)
        let shown = tag(.span, .css(css), .set("title", "\(cell.version) \(meaning)")) { "\(text) \(cell.version)" }
        if let trap = cell.trap { return tag(.a, .href(WebPath("traps", trap))) { shown } }
        return cell.build.map { build in tag(.a, .href(WebPath("builds", build))) { shown } } ?? shown
    }

    private static func sign(_ cell: RevisionMatrix.Cell) -> (text: String, css: StaticString, meaning: String) {
        switch cell.verdict {
        case .sound: return ("✓", "word good", "sound")
        case .timeTrap: return ("◷", "word bad", "time-trap")
        case .cpuTrap: return ("▣", "word bad", "cpu-trap")
        case .kernelTrap, .parallelismTrap, .combinedTrap: return ("▣", "word bad", cell.verdict?.rawValue ?? "")
        case .broken: return ("✗", "word bad", "broken")
        case .flaky, .sourceLost, .unknown: return ("?", "word wait", cell.verdict?.rawValue ?? "")
        case nil: break
        }
        switch cell.state {
        case nil: return ("!", "word bad", "no derivation")
        case "dependency-failed": return ("↯", "word bad", "an input cannot be built")
        case "cancelled": return ("?", "word wait", "cancelled")
        default: return ("…", "word wait", "not known yet")
        }
    }

    private static let legend = tag(.p, .css("soft")) {
        "✓ sound · ◷ time trap · ▣ another trap · ✗ broken · ↯ an input cannot be built · ! no derivation · … not known yet · – not there"
    }

    private static let changes = Endpoint.page(
        "/evaluations/{evaluation}/changes", "showChanges", "What differs between two evaluations, for people.",
        parameters: [
            Parameters.evaluation.facts, Parameters.since.facts, Parameters.afterJob.facts, Parameters.limit.facts,
        ]
    ) { call in
        let (new, old, changes, next) = try await Endpoint.changes(call)
        return Page("\(new.jobset): \(old.commit.prefix(12)) to \(new.commit.prefix(12))") {
            tag(.h1) { "What changed in \(new.jobset)" }
            Pieces.facts([
                (
                    "From",
                    .group([
                        Pieces.link(WebPath("evaluations", old.id), old.commit.prefix(12).description), " of ",
                        Pieces.time(old.date),
                    ])
                ),
                (
                    "To",
                    .group([
                        Pieces.link(WebPath("evaluations", new.id), new.commit.prefix(12).description), " of ",
                        Pieces.time(new.date),
                    ])
                ),
            ])
            changes.isEmpty
                ? tag(.p) { "Every job has the same derivation in both." }
                : Pieces.table(
                    "Jobs whose derivations differ", ["Job", "Change", "Before", "After"],
                    changes.map { change in
                        [.text(change.job), kind(change.change), cell(change.before), cell(change.after)]
                    })
            Pieces.more(next)
            legend
        }
    }

    private static func kind(_ kind: JobDifference) -> HTML {
        let text = kind.rawValue.replacingOccurrences(of: "-", with: " ")
        return switch kind {
        case .newlyTrapped, .newlyBroken, .stillTrapped: tag(.span, .css("word bad")) { text }
        case .fixed: tag(.span, .css("word good")) { text }
        case .added, .removed: tag(.span, .css("word wait")) { text }
        case .undecided: tag(.span, .css("word wait")) { "not known yet" }
        case .other: tag(.span, .css("word wait")) { "changed" }
        }
    }
}
