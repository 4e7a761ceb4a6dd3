// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// The server about itself.
extension Endpoint {
    static let server: [Endpoint] = [health, progress, Metrics.endpoint]

    private static let health = json(
        "/healthz", "getHealth", "Whether the server can do its work: its database answers.",
        schema: Schema.health.reference
    ) { call in
        guard await call.database.isReachable() else { throw Problem.databaseUnreachable }
        return try .json(["status": "ok"])
    }

    private static let progress = json(
        "/api/v1/progress", "getProgress", "How far the farm is with everything it was given.",
        schema: Schema.progress.reference
    ) { call in try .json(try await call.database.progress()) }

    private static let exports =
        CatalogExport.endpoints + [EdgeCalendar.endpoint, TrapFeed.endpoint] + TrapFeed.rss + TrapSnippets.endpoints
        + Badges.endpoints

    /// Every address that is read; the documents come last because they describe them, and `changes`.
    static let all: [Endpoint] = {
        let described = server + catalog + exports + evaluations + builds + lists + pages + cuirass + items + hydra
        return described + OpenAPIDocument.endpoints(describing: described + changes)
    }()

    /// Where even a server whose reading is closed answers anybody.
    var isForEverybody: Bool { ["/healthz", "/style.css", "/icon.svg"].contains(path) }
}
