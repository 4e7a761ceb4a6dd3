// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// Pieces that several pages are made of.
enum Pieces {
    static func time(_ instant: Instant) -> HTML {
        tag(.time, .set("datetime", instant)) { dayOrInstant(instant) }
    }

    /// The day alone where an instant is its beginning.
    private static func dayOrInstant(_ instant: Instant) -> String {
        if instant.secondOfDay == 0 { return instant.date.description }
        return "\(instant.date) \(instant.description.dropFirst(11).prefix(8))"
    }

    static func time(_ instant: Instant?) -> HTML { instant.map { time($0) } ?? "–" }

    static func verdict(_ verdict: Verdict?) -> HTML {
        switch verdict {
        case .sound: tag(.span, .css("word good")) { "sound" }
        case .timeTrap, .cpuTrap, .kernelTrap, .parallelismTrap, .combinedTrap, .broken:
            tag(.span, .css("word bad")) { verdict?.rawValue ?? "" }
        case .flaky, .sourceLost, .unknown: tag(.span, .css("word wait")) { verdict?.rawValue ?? "" }
        case nil: tag(.span, .css("soft")) { "not known yet" }
        }
    }

    static func outcome(_ outcome: Outcome?) -> HTML {
        switch outcome {
        case .succeeded: tag(.span, .css("word good")) { "✓ succeeded" }
        case .failed: tag(.span, .css("word bad")) { "✗ failed" }
        case .timedOut: tag(.span, .css("word bad")) { "✗ timed out" }
        case .infrastructure: tag(.span, .css("word wait")) { "infrastructure" }
        case nil: tag(.span, .css("word wait")) { "running" }
        }
    }

    /// A state of an evaluation or a build.
    static func state(_ state: String) -> HTML {
        switch state {
        case "succeeded": tag(.span, .css("word good")) { state }
        case "failed", "dependency-failed": tag(.span, .css("word bad")) { state }
        default: tag(.span, .css("word wait")) { state }
        }
    }

    static func conditions(_ conditions: Conditions) -> HTML {
        .group([
            time(conditions.date), .text(" · \(conditions.cpu) · \(conditions.kernel) · "),
            .text(conditions.cores == 1 ? "1 core" : "\(conditions.cores) cores"),
        ])
    }

    static func link(_ path: WebPath, _ text: String) -> HTML { tag(.a, .href(path)) { text } }

    static func links(_ name: String, _ ids: [Int64]) -> HTML {
        .group(ids.enumerated().map { .group([$0 > 0 ? ", " : .empty, link(WebPath(name, $1), "\($1)")]) })
    }

    static func commit(_ commit: String) -> HTML {
        tag(.code, .css("short"), .set("title", commit)) { String(commit.prefix(12)) }
    }

    static func seconds(_ seconds: Double?) -> String {
        guard let seconds else { return "–" }
        let whole = Int(seconds.rounded())
        return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }

    /// A table that scrolls by itself where it is wider than the screen; on a phone every row is a small list, for which
    /// the cells bear the heads' names.
    static func table(_ caption: String, _ heads: [String], _ rows: [[HTML]]) -> HTML {
        tag(.div, .css("wide"), .set("tabindex", 0), .set("role", "region"), .set("aria-label", caption)) {
            tag(.table) {
                tag(.caption) { caption }
                tag(.thead) { tag(.tr) { heads.map { head in tag(.th, .set("scope", "col")) { head } } } }
                tag(.tbody) {
                    rows.map { row in
                        tag(.tr) {
                            zip(heads, row).map { head, cell in tag(.td, .set("data-head", head)) { tag(.div) { cell } }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Names and values; entries without a value are left out.
    static func facts(_ facts: [(String, HTML?)]) -> HTML {
        tag(.dl) {
            facts.compactMap { name, value in
                value.map { value in HTML.group([tag(.dt) { name }, tag(.dd) { value }]) }
            }
        }
    }

    static func more(_ path: WebPath?) -> HTML {
        path.map { path in tag(.p) { tag(.a, .href(path), .set("rel", "next")) { "More" } } } ?? .empty
    }

    /// What is said of a trap in one line.
    static func summary(_ trap: TrapRecord) -> HTML {
        if let cpu = trap.cpu { return "fails on \(cpu.lastBad), builds on \(cpu.firstGood)" }
        if let periodic = trap.periodic { return .text(periodic.description) }
        let spans = trap.windows.map { window -> HTML in
            switch (window.notBefore, window.notAfter) {
            case (let lower?, let upper?): .group(["from ", time(lower.firstGood), " until ", time(upper.lastGood)])
            case (let lower?, nil): .group(["from ", time(lower.firstGood), " on"])
            case (nil, let upper?): .group(["until ", time(upper.lastGood)])
            case (nil, nil): "at any date"
            }
        }
        guard !spans.isEmpty else { return "on the axis \(trap.axis.rawValue)" }
        return .group(["builds "] + spans.enumerated().map { .group([$0 > 0 ? "; " : .empty, $1]) })
    }
}
