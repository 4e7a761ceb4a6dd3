// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The catalog as a table with filters.
enum CatalogPage {
    static let endpoint = Endpoint.page(
        "/catalog", "showCatalog", "The catalog as a table with filters, for people.",
        parameters: [
            Parameters.package.facts, Parameters.axis.facts, Parameters.cause.facts, Parameters.verdict.facts,
            Parameters.status.facts, Parameters.at.facts, Parameters.words.facts, Parameters.after.facts,
            Parameters.limit.facts,
        ]
    ) { call in
        var filter = try Endpoint.trapFilter(call)
        let limit = try call.limit()
        filter.after = try call.value(Parameters.after)
        filter.limit = limit + 1
        let found = try await call.database.trapEntries(filter, withRevisions: false)
        let shown = found.prefix(limit)
        let next = found.count > limit ? shown.last.map { call.here("after", $0.record.id) } : nil
        return Page("Catalog") {
            tag(.h1) { "Catalog" }
            tag(.p, .css("lead")) { "Every trap that was proven, with the dates or machines it works under." }
            form(call)
            if shown.isEmpty {
                tag(.p) { "No trap fits." }
            } else {
                Pieces.table("Traps", ["Package", "Verdict", "What", "Cause", "Status"], shown.map { row($0.record) })
                Pieces.more(next)
            }
        }
    }

    private static func row(_ trap: TrapRecord) -> [HTML] {
        [
            Pieces.link(WebPath("traps", trap.id), "\(trap.package) \(trap.version)"), Pieces.verdict(trap.verdict),
            Pieces.summary(trap), .text(trap.cause.rawValue), .text(trap.status.rawValue),
        ]
    }

    private static func form(_ call: Call) -> HTML {
        func given(_ name: String) -> String { call.query.first { $0.name == name }?.value ?? "" }
        return tag(.form, .set("method", "get"), .set("action", WebPath("catalog"))) {
            field("Search", "q", given("q"), example: "openssl expired")
            field("Package", "package", given("package"), example: "exact name")
            choice("Axis", "axis", Axis.allCases.map(\.rawValue), given("axis"))
            choice("Verdict", "verdict", Parameters.trapVerdicts, given("verdict"))
            choice("Cause", "cause", Cause.allCases.map(\.rawValue), given("cause"))
            choice("Status", "status", TrapRecord.Status.allCases.map(\.rawValue), given("status"))
            field("Builds at", "at", given("at"), example: "2038-01-19")
            tag(.button, .set("type", "submit")) { "Filter" }
        }
    }

    private static func field(_ label: String, _ name: String, _ value: String, example: String) -> HTML {
        tag(.label) {
            label
            tag(
                .input, .set("type", "text"), .set("name", name), .set("value", value), .set("placeholder", example),
                .set("size", 14), .set("autocapitalize", "none"), .set("spellcheck", "false"))
        }
    }

    private static func choice(_ label: String, _ name: String, _ words: [String], _ chosen: String) -> HTML {
        tag(.label) {
            label
            tag(.select, .set("name", name)) {
                tag(.option, .set("value", "")) { "any" }
                words.map { word in
                    .element(
                        .option, [.set("value", word)] + (word == chosen ? [.has("selected")] : []), [.text(word)])
                }
            }
        }
    }
}
