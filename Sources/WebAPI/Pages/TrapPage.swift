// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import TimeTravel

/// One trap: its timeline, its cause with evidence, its runs, and the conditions to copy.
enum TrapPage {
    static let endpoint = Endpoint.page(
        "/traps/{trap}", "showTrap", "One trap with its timeline, for people.", parameters: [Parameters.trap.facts]
    ) { call in
        let entry = try await Endpoint.trapEntry(try call.required(Parameters.trap), call)
        let trap = entry.record
        let runs = try await call.database.runSummaries(of: DerivationName(trap.derivation))
        let axisRuns = runs.filter { $0.outcome != .infrastructure }
        let excerpt = try await excerpt(trap, runs, call)
        let said = try await call.database.annotations(trap: trap.id, origin: "person", limit: 20)
        let history = try await call.database.changes(ofTrap: trap.id).suffix(50).map(history)
        return Page("\(trap.package) \(trap.version)") {
            tag(.h1) { "\(trap.package) \(trap.version)" }
            tag(.p, .css("lead")) {
                Pieces.verdict(trap.verdict)
                ": "
                Pieces.summary(trap)
                "."
            }
            if trap.axis == .date { Timeline(windows: trap.windows, probes: axisRuns, now: call.services.now()).html }
            tag(.h2) { "What was found" }
            found(entry)
            if !trap.windows.isEmpty { edges(trap.windows) }
            tag(.h2) { "Cause" }
            cause(trap)
            if let excerpt {
                tag(.h2) { "How it fails" }
                tag(.p) {
                    "From the log of "
                    Pieces.link(WebPath("runs", excerpt.run), "run \(excerpt.run)")
                    ":"
                }
                excerpt.log.html
            }
            tag(.h2) { "How to build it" }
            tag(.p) { "Under these conditions it was seen to build; null means that any will do." }
            tag(.pre, .css("wrap")) { tag(.code) { annotation(trap) } }
            tag(.p) {
                "The same "
                snippets(trap.id)
                "."
            }
            if !said.isEmpty { sayings(said) }
            tag(.h2) { "Runs" }
            runTable(runs)
            tag(.h2) { "Affected revisions" }
            trap.revisions.isEmpty
                ? tag(.p) { "None is known." }
                : tag(.ul) { trap.revisions.prefix(200).map { revision in tag(.li) { tag(.code) { revision } } } }
            tag(.h2) { "History" }
            tag(.ul) { history }
            tag(.p) {
                Pieces.link(WebPath("api", "v1", "traps", "\(trap.id)", "impact"), "What depends on it, by revision")
                " · "
                Pieces.link(WebPath("api", "v1", "traps", "\(trap.id)"), "This trap as data")
            }
        }
    }

    /// Lines of the log's end, beside those that say what failed.
    private static let tail = 6

    /// The telling lines of the run that the evidence is from, or else of the last that failed.
    private static func excerpt(
        _ trap: TrapRecord, _ runs: [RunSummary], _ call: Call
    ) async throws -> (run: Int64, log: LogExcerpt)? {
        let cited = trap.evidence.filter { $0.kind == .log }
        let failed = runs.last { $0.outcome == .failed || $0.outcome == .timedOut }
        guard let id = cited.first?.run ?? failed?.id else { return nil }
        let log = RunLog(path: call.services.logs(id), isComplete: true, files: call.services.logFiles)
        let lines = cited.filter { $0.run == id }.compactMap(\.line)
        guard let found = try await LogExcerpt.read(log, telling: lines, tail: tail) else { return nil }
        return (id, found)
    }

    private static func found(_ entry: TrapEntry) -> HTML {
        let trap = entry.record
        return Pieces.facts([
            ("Axis", .text(trap.axis.rawValue)), ("Status", .text(trap.status.rawValue)),
            ("Probability", .text("\((trap.probability * 1_000).rounded() / 10) %")),
            ("Found", Pieces.time(entry.created)), ("Derivation", tag(.code) { trap.derivation }),
            (
                "Builds",
                Pieces.link(WebPath("builds").adding("derivation", trap.derivation), "all builds of this derivation")
            ),
            (
                "Investigation",
                Pieces.link(WebPath("api", "v1", "investigations", "\(entry.investigation)"), "every step, as data")
            ),
        ])
    }

    private static func edges(_ windows: [Window]) -> HTML {
        let rows = windows.flatMap { window -> [[HTML]] in
            [
                window.notBefore.map {
                    [
                        "starts to work", .group(["bad at ", Pieces.time($0.lastBad)]),
                        .group(["good at ", Pieces.time($0.firstGood)]),
                    ]
                },
                window.notAfter.map {
                    [
                        "stops to work", .group(["good at ", Pieces.time($0.lastGood)]),
                        .group(["bad at ", Pieces.time($0.firstBad)]),
                    ]
                },
            ].compactMap(\.self)
        }
        return rows.isEmpty
            ? .empty : Pieces.table("Edges, each seen in two builds", ["Edge", "Last before", "First after"], rows)
    }

    private static func cause(_ trap: TrapRecord) -> HTML {
        .group([
            tag(.p) { tag(.strong) { trap.cause.rawValue } },
            trap.evidence.isEmpty
                ? tag(.p) { "There is no evidence beyond the runs themselves." }
                : tag(.ul) { trap.evidence.map(evidence) },
        ])
    }

    private static func evidence(_ evidence: Evidence) -> HTML {
        tag(.li) {
            switch evidence.kind {
            case .log: "Log"
            case .file: "File"
            case .run: "Run"
            case .constant: "Known constant"
            }
            if let run = evidence.run {
                " of "
                tag(.a, .href(WebPath("runs", run).fragment("line-\(evidence.line ?? 1)"))) { "run \(run)" }
            }
            if let path = evidence.path {
                " "
                tag(.code) { path }
            }
            if let line = evidence.line { ", line \(line)" }
            if let instant = evidence.instant {
                ", "
                Pieces.time(instant)
            }
            ": "
            tag(.code) { VisibleText.line(Array(evidence.text.utf8)) }
        }
    }

    private static func annotation(_ trap: TrapRecord) -> String {
        let annotation = trap.annotation
        func word(_ value: (some CustomStringConvertible)?) -> String { value.map { "\"\($0)\"" } ?? "null" }
        return """
            {"date": \(word(annotation.date)), "cpu": \(word(annotation.cpu)), \
            "kernel": \(word(annotation.kernel)), "cores": \(annotation.cores.map { "\($0)" } ?? "null")}
            """
    }

    private static func snippets(_ trap: Int) -> HTML {
        let forms = [
            ("annotation.scm", "for Guile"), ("build-machine.scm", "as a build machine of Guix System"),
            ("qemu.sh", "as a QEMU command"), ("qemu.service", "as a systemd unit"),
        ]
        return .group(
            forms.enumerated().map { index, form in
                .group([
                    index > 0 ? ", " : .empty,
                    Pieces.link(WebPath("api", "v1", "traps", "\(trap)", form.0), form.1),
                ])
            })
    }

    private static func sayings(_ annotations: [AnnotationRecord]) -> HTML {
        .group([
            tag(.h2) { "What people say" },
            Pieces.table(
                "Conditions that people named, newest first; each is checked by a build",
                ["Conditions", "Note", "By", "On", "Check"],
                annotations.map { one in
                    [
                        .text(words(one.conditions)), .text(one.note), .text(one.author ?? "–"),
                        Pieces.time(one.created),
                        one.check.map { Pieces.link(WebPath("builds", $0.build), $0.result.rawValue) } ?? "–",
                    ]
                }),
        ])
    }

    private static func words(_ conditions: Annotation) -> String {
        let words = [
            conditions.date.map { "date \($0)" }, conditions.cpu.map { "cpu \($0)" },
            conditions.kernel.map { "kernel \($0)" }, conditions.cores.map { "cores \($0)" },
        ].compactMap(\.self)
        return words.isEmpty ? "–" : words.joined(separator: ", ")
    }

    private static func history(_ change: TrapChange) throws -> HTML {
        let after = try JSON(decoding: change.after.bytes).object ?? [:]
        let before = try change.before.map { try JSON(decoding: $0.bytes).object ?? [:] }
        return tag(.li) {
            Pieces.time(change.made)
            if let before {
                let names = Set(after.keys).union(before.keys).sorted()
                ": "
                names.map { name in
                    let (old, new) = (before[name]?.string, after[name]?.string)
                    return new.map { "\(name) \(old.map { "from \($0) " } ?? "")to \($0)" } ?? "\(name) measured anew"
                }.joined(separator: ", ")
            } else {
                ": found"
            }
        }
    }

    private static func runTable(_ runs: [RunSummary]) -> HTML {
        Pieces.table(
            "Every run, by date of the guest",
            ["Run", "Guest's date", "Processor", "Kernel", "Cores", "Outcome", "Took"],
            runs.sorted { ($0.conditions, $0.id) < ($1.conditions, $1.id) }.map { run in
                [
                    Pieces.link(WebPath("runs", run.id), "\(run.id)"), Pieces.time(run.conditions.date),
                    .text(run.conditions.cpu.rawValue), .text(run.conditions.kernel.rawValue),
                    .text("\(run.conditions.cores)"), Pieces.outcome(run.outcome), .text(Pieces.seconds(run.seconds)),
                ]
            })
    }
}
