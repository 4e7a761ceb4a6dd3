// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The farm itself: its workers and what they hold, edges ahead by month, alerts and what became of them.
enum FarmPages {
    static let endpoints: [Endpoint] = [workers, calendar, alerts]

    private static let workers = Endpoint.page(
        "/workers", "showWorkers", "Workers and what they build now, for people."
    ) { call in
        let workers = try await call.database.workers(limit: 50)
        let running = try await call.database.runningBuilds(limit: 200)
        let pools = try await call.database.poolRecords()
        let now = call.services.now()
        return Page("Workers") {
            tag(.h1) { "Workers" }
            workers.isEmpty
                ? tag(.p) { "No worker has ever registered: 'almanac serve' with guests, or 'almanac worker'." }
                : Pieces.table(
                    "Workers, those that are there first",
                    ["Worker", "Host", "State", "Guests", "Last heard of", "Runs"],
                    workers.map { worker in
                        [
                            .text(worker.name), .text(worker.host), state(worker, now),
                            .text("\(worker.running.count) of \(worker.capacity)"), Pieces.time(worker.heartbeat),
                            .text("\(worker.runs)"),
                        ]
                    })
            pools.map { pool in
                tag(.p) {
                    "Pool \(pool.sentence). "
                    pool.problem == nil ? HTML.group([]) : tag(.span, .css("word bad")) { "trouble" }
                }
            }
            tag(.h2) { "What they build now" }
            running.isEmpty ? tag(.p) { "Nothing." } : builds(running)
        }
    }

    private static func state(_ worker: WorkerSummary, _ now: Instant) -> HTML {
        switch worker.state {
        case "active" where now - worker.heartbeat > 120: tag(.span, .css("word bad")) { "silent" }
        case "active": tag(.span, .css("word good")) { "active" }
        default: tag(.span, .css("word wait")) { worker.state }
        }
    }

    private static func builds(_ builds: [RunningBuild]) -> HTML {
        Pieces.table(
            "Builds in guests now", ["Build", "Conditions", "Worker", "Since", "Log"],
            builds.map { build in
                [
                    Pieces.link(WebPath("builds", build.build), build.name), Pieces.conditions(build.conditions),
                    .text(build.worker ?? "–"), Pieces.time(build.leased),
                    build.run.map { Pieces.link(WebPath("api", "v1", "runs", "\($0)", "log"), "so far") } ?? "–",
                ]
            })
    }

    private static let calendar = Endpoint.page(
        "/calendar", "showCalendar", "Coming edges by month, for people.", parameters: [Parameters.limit.facts]
    ) { call in
        let now = call.services.now()
        let limit = try call.limit()
        let coming = try await call.database.comingTraps(after: now, limit: limit)
        let months = Dictionary(grouping: coming) { entry in String((entry.firstBad ?? now).description.prefix(7)) }
        return Page("Calendar") {
            tag(.h1) { "What will break when" }
            tag(.p, .css("lead")) {
                "The next end of every known window: from that day on the package fails, unless it is built under its "
                "annotation."
            }
            tag(.p) {
                tag(.a, .href(WebPath("api", "v1", "edges.ics"))) { "Subscribe as a calendar" }
            }
            if coming.isEmpty { tag(.p) { "No known edge lies ahead." } }
            months.sorted { $0.key < $1.key }.map { month, entries in
                HTML.group([
                    tag(.h2) { month },
                    Pieces.table(
                        "Edges in \(month)", ["Fails from", "In", "Package", "What", "Cause"],
                        entries.map { edge($0, now) }),
                ])
            }
            if coming.count == limit {
                tag(.p) { Pieces.link(WebPath("calendar").adding("limit", "\(min(1_000, limit * 2))"), "Show more") }
            }
        }
    }

    private static func edge(_ entry: TrapEntry, _ now: Instant) -> [HTML] {
        let days = entry.firstBad.map { ($0 - now) / 86_400 } ?? 0
        return [
            Pieces.time(entry.firstBad), .text(days < 730 ? "\(days) days" : "\(days / 365) years"),
            Pieces.link(WebPath("traps", entry.record.id), "\(entry.record.package) \(entry.record.version)"),
            Pieces.summary(entry.record), .text(entry.record.cause.rawValue),
        ]
    }

    private static let alerts = Endpoint.page(
        "/alerts", "showAlerts", "Alerts and what became of them, for people.",
        parameters: [Parameters.alertState.facts, Parameters.before.facts, Parameters.limit.facts]
    ) { call in
        let limit = try call.limit()
        let found = try await call.database.alertRecords(
            state: try call.value(Parameters.alertState), before: try call.value(Parameters.before).map { Int64($0) },
            limit: limit + 1)
        let shown = found.prefix(limit)
        return Page("Alerts") {
            tag(.h1) { "Alerts" }
            tag(.p) {
                Pieces.link(WebPath("alerts"), "All")
                " · "
                Pieces.link(WebPath("alerts").adding("state", "dead"), "Given up")
                " · "
                Pieces.link(WebPath("alerts").adding("state", "pending"), "To be sent")
            }
            shown.isEmpty
                ? tag(.p) { "There are none." }
                : Pieces.table(
                    "Alerts, newest first", ["What", "To", "State", "Tries", "When", "Last error"],
                    shown.map { alert in
                        [
                            alert.trap.map { Pieces.link(WebPath("traps", $0), alert.kind) } ?? .text(alert.kind),
                            .text(alert.target), state(alert.state), .text("\(alert.attempts)"),
                            Pieces.time(alert.delivered ?? alert.created), .text(alert.lastError ?? ""),
                        ]
                    })
            Pieces.more(found.count > limit ? shown.last.map { call.here("before", $0.id) } : nil)
        }
    }

    private static func state(_ state: String) -> HTML {
        switch state {
        case "delivered": tag(.span, .css("word good")) { state }
        case "dead": tag(.span, .css("word bad")) { state }
        default: tag(.span, .css("word wait")) { state }
        }
    }
}
