// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// The farm's counts for Prometheus in its text exposition format; as a page for who asks for one.
enum Metrics {
    static let endpoint = Endpoint(
        audience: .programs, path: "/metrics", name: "getMetrics",
        summary: "Counts for Prometheus; a page where Accept asks for text/html.", parameters: [],
        contents: [
            Endpoint.Content(mediaType: "text/plain", schema: ["type": "string"]),
            Endpoint.Content(mediaType: "text/html", schema: ["type": "string"]),
        ], otherStatuses: [:]
    ) { call in
        let gauges =
            gauges(try await call.database.progress()) + pools(try await call.database.poolRecords())
        let wantsPage = call.header("Accept")?.contains("text/html") ?? false
        var reply = wantsPage ? page(gauges).reply() : .text(exposition(gauges), mediaType: "text/plain; version=0.0.4")
        reply.headers.append(Problem.Header(name: "Vary", value: "Accept"))
        return reply
    }

    private struct Gauge {
        let name: String
        let help: String
        let values: [(state: String?, count: Int)]
    }

    private static func gauges(_ progress: FarmProgress) -> [Gauge] {
        [
            Gauge(
                name: "almanac_evaluations", help: "Evaluations by state.",
                values: [
                    ("pending", progress.evaluationsPending), ("succeeded", progress.evaluationsDone),
                    ("failed", progress.evaluationsFailed),
                ]),
            Gauge(
                name: "almanac_sources", help: "Fixed-output derivations by state.",
                values: [
                    ("wanted", progress.sourcesWanted), ("available", progress.sourcesDone),
                    ("lost", progress.sourcesLost),
                ]),
            Gauge(
                name: "almanac_builds", help: "Builds by state.",
                values: [
                    ("waiting", progress.buildsWaiting), ("running", progress.buildsRunning),
                    ("done", progress.buildsDone),
                ]),
            Gauge(name: "almanac_runs_finished", help: "Runs that have ended.", values: [(nil, progress.runsDone)]),
            Gauge(
                name: "almanac_investigations", help: "Investigations by state.",
                values: [("open", progress.investigationsOpen), ("concluded", progress.investigationsConcluded)]),
            Gauge(name: "almanac_traps", help: "Traps in the catalog.", values: [(nil, progress.traps)]),
        ]
    }

    /// Nothing where there is no pool.
    private static func pools(_ pools: [PoolRecord]) -> [Gauge] {
        if pools.isEmpty { return [] }
        return [
            Gauge(
                name: "almanac_pool_jobs", help: "Jobs of the pool by state.",
                values: [
                    ("waiting", pools.reduce(0) { $0 + $1.waiting }), ("running", pools.reduce(0) { $0 + $1.running }),
                ]),
            Gauge(
                name: "almanac_pool_troubled", help: "Whether something keeps the pool from working.",
                values: [(nil, pools.contains { $0.problem != nil } ? 1 : 0)]),
        ]
    }

    private static func exposition(_ gauges: [Gauge]) -> String {
        gauges.map { gauge in
            let samples = gauge.values.map { state, count in
                "\(gauge.name)\(state.map { "{state=\"\($0)\"}" } ?? "") \(count)\n"
            }
            return "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) gauge\n" + samples.joined()
        }.joined()
    }

    private static func page(_ gauges: [Gauge]) -> Page {
        Page("Metrics") {
            tag(.h1) { "Metrics" }
            Pieces.table(
                "Counts", ["What", "State", "Count"],
                gauges.flatMap { gauge in
                    gauge.values.map { state, count in [.text(gauge.help), .text(state ?? "–"), .text("\(count)")] }
                })
        }
    }
}
