// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// An alert in words: a line to see what it is, and the rest.
///
/// Names of packages and lines of logs come from outside: what would control a terminal, a mail's header or the direction
/// of the text is taken out.
package struct AlertText: Sendable, Equatable {
    package let subject: String
    package let body: String

    /// At most so many alerts of a digest are written out.
    private static let digestLimit = 200

    /// - Parameter pages: address of the farm's pages, without a slash at its end; nil: no links.
    package init(_ content: AlertContent, pages: String?) {
        if let alerts = content.alerts {
            let texts = alerts.prefix(Self.digestLimit).map { AlertText($0, pages: pages) }
            if let only = texts.first, alerts.count == 1 {
                self = only
                return
            }
            subject = "\(alerts.count) alerts"
            let more = alerts.count > texts.count ? "\n\n… and \(alerts.count - texts.count) more." : ""
            body = texts.map { "* \($0.subject)\n\n" + $0.body }.joined(separator: "\n\n") + more
            return
        }
        subject = Self.visible(Self.subject(content), lineBreaks: false)
        body = Self.visible(Self.lines(content, pages: pages).joined(separator: "\n"), lineBreaks: true)
    }

    private static func subject(_ content: AlertContent) -> String {
        let jobset = content.jobset ?? ""
        let package = content.trap.map { "\($0.package) \($0.version)" } ?? ""
        switch content.kind {
        case "new-trap": return "\(package) \(content.trap.map(summary) ?? "") (\(content.trap?.cause.rawValue ?? ""))"
        case "trap-fixed": return "\(package): fixed in \(jobset)"
        case "edge-coming":
            let days = content.days ?? 0
            return "\(package) stops building in \(days) \(days == 1 ? "day" : "days")"
                + (content.edge.map { ", on \($0.date)" } ?? "")
        case "horizon-shortened":
            let end = content.horizon?.after.description ?? "at fewer dates"
            return "\(jobset) at \(content.commit?.prefix(12) ?? "a revision") builds as a whole \(end) only"
        case "evaluation-failed": return "\(jobset) does not evaluate any more"
        case "farm-trouble": return "The farm is in trouble: \(content.text ?? "")"
        default: return content.kind == "test" ? "A test" : content.kind
        }
    }

    /// What a trap is, in half a sentence.
    private static func summary(_ trap: TrapRecord) -> String {
        if let cpu = trap.cpu { return "fails on \(cpu.lastBad), builds on \(cpu.firstGood)" }
        if let periodic = trap.periodic { return periodic.description }
        guard let window = trap.windows.first else { return "depends on its \(trap.axis.rawValue)" }
        switch (window.notBefore, window.notAfter) {
        case (let lower?, let upper?): return "builds from \(lower.firstGood.date) until \(upper.lastGood.date) only"
        case (nil, let upper?): return "fails from \(upper.firstBad.date) on"
        case (let lower?, nil): return "fails before \(lower.firstGood.date)"
        case (nil, nil): return "depends on its \(trap.axis.rawValue)"
        }
    }

    private static func lines(_ content: AlertContent, pages: String?) -> [String] {
        var lines: [String] = []
        if let trap = content.trap {
            lines += ["Package     \(trap.package) \(trap.version)", "What        \(summary(trap))"]
            lines.append("Cause       \(trap.cause.rawValue)")
            lines += trap.evidence.prefix(3).map {
                "Evidence    \($0.path.map { "\($0): " } ?? "")\($0.text.prefix(300))"
            }
            if let maintainers = content.maintainers {
                lines.append("Maintainers \(maintainers.joined(separator: ", "))")
            }
            let conditions = annotation(trap.annotation)
            if !conditions.isEmpty { lines.append("Build it    \(conditions)") }
        }
        if let edge = content.edge { lines.append("Fails from  \(edge)") }
        if let horizon = content.horizon {
            lines += ["Builds      \(horizon.after)", "Before      \(horizon.before)"]
        }
        if let text = content.text { lines.append(content.kind == "evaluation-failed" ? "Error       \(text)" : text) }
        if let commit = content.commit { lines.append("Revision    \(commit)") }
        if let jobset = content.jobset { lines.append("Jobset      \(jobset)") }
        if let pages, let path = path(content) { lines.append("More        \(pages)\(path)") }
        return lines
    }

    private static func annotation(_ annotation: Annotation) -> String {
        [
            annotation.date.map { "at \($0)" }, annotation.cpu.map { "on \($0)" },
            annotation.kernel.map { "with Linux \($0)" }, annotation.cores.map { "with \($0) cores" },
        ].compactMap(\.self).joined(separator: ", ")
    }

    private static func path(_ content: AlertContent) -> String? {
        if let trap = content.trap { return "/traps/\(trap.id)" }
        return content.evaluation.map { "/evaluations/\($0)" }
    }

    private static func visible(_ text: String, lineBreaks: Bool) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0x0a: lineBreaks ? scalar : " "
                    case 0..<0x20, 0x7f...0x9f, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: " "
                    default: scalar
                    }
                }))
    }
}
