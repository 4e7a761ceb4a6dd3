// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// What broke, what will break next, what is running.
enum FrontPage {
    static let endpoint = Endpoint.page(
        "/", "showFrontPage", "What broke, what will break next and what is running, for people."
    ) { call in
        let (database, now) = (call.database, call.services.now())
        let newest = try await database.newestTraps(limit: 10)
        let coming = try await database.comingTraps(after: now, limit: 10)
        let running = try await database.runningBuilds(limit: 10)
        let failed = try await database.evaluations(limit: 20).filter { $0.state == "failed" }
        let progress = try await database.progress()
        return Page("What breaks when") {
            tag(.h1) { "What breaks when" }
            tag(.p, .css("lead")) {
                "Builds that depend on the date, the processor or the kernel they are made under: found by building "
                "them, proven from when to when they work."
            }
            tiles(progress)
            tag(.h2) { "What broke" }
            newest.isEmpty ? tag(.p) { "No trap has been found yet." } : traps(newest, "Traps found last")
            tag(.h2) { "What will break next" }
            coming.isEmpty ? tag(.p) { "No known edge lies ahead." } : edges(coming)
            tag(.h2) { "What is running" }
            running.isEmpty ? tag(.p) { "No build runs now." } : builds(running)
            if !failed.isEmpty {
                tag(.h2) { "What does not evaluate" }
                tag(.ul) {
                    failed.map { evaluation in
                        tag(.li) {
                            Pieces.link(
                                WebPath("evaluations", evaluation.id),
                                "\(evaluation.jobset) at \(evaluation.commit.prefix(12))")
                            ": \(evaluation.error?.prefix(200) ?? "")"
                        }
                    }
                }
            }
        }
    }

    private static func tiles(_ progress: FarmProgress) -> HTML {
        tag(.ul, .css("tiles")) {
            tile(progress.traps, "traps known")
            tile(progress.investigationsOpen, "investigations open")
            tile(progress.buildsRunning, "builds running")
            tile(progress.buildsWaiting, "builds waiting")
            tile(progress.buildsDone, "builds done")
        }
    }

    private static func tile(_ count: Int, _ what: String) -> HTML {
        tag(.li) {
            tag(.strong) { "\(count)" }
            what
        }
    }

    private static func traps(_ entries: [TrapEntry], _ caption: String) -> HTML {
        Pieces.table(
            caption, ["Package", "Verdict", "What", "Cause", "Found"],
            entries.map { entry in
                let trap = entry.record
                return [
                    Pieces.link(WebPath("traps", trap.id), "\(trap.package) \(trap.version)"),
                    Pieces.verdict(trap.verdict), Pieces.summary(trap), .text(trap.cause.rawValue),
                    Pieces.time(entry.created.date.start),
                ]
            })
    }

    private static func edges(_ entries: [TrapEntry]) -> HTML {
        Pieces.table(
            "Edges ahead, soonest first", ["Fails from", "Package", "Cause"],
            entries.map { entry in
                [
                    Pieces.time(entry.firstBad),
                    Pieces.link(WebPath("traps", entry.record.id), "\(entry.record.package) \(entry.record.version)"),
                    .text(entry.record.cause.rawValue),
                ]
            })
    }

    private static func builds(_ builds: [RunningBuild]) -> HTML {
        Pieces.table(
            "Builds in guests now", ["Build", "Conditions", "Worker", "Since"],
            builds.map { build in
                [
                    Pieces.link(WebPath("builds", build.build), build.name), Pieces.conditions(build.conditions),
                    .text(build.worker ?? "–"), Pieces.time(build.leased),
                ]
            })
    }
}
