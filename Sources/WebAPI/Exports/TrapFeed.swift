// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The traps found last as an Atom feed, RFC 4287.
enum TrapFeed {
    static let endpoint = Endpoint(
        audience: .programs, path: "/api/v1/traps.atom", name: "getTrapFeed",
        summary: "The traps found last as an Atom feed, newest first.", parameters: [],
        contents: [Endpoint.Content(mediaType: "application/atom+xml", schema: ["type": "string"])], otherStatuses: [:]
    ) { call in
        .text(text(try await call.database.newestTraps(limit: 100)), mediaType: "application/atom+xml")
    }

    static func text(_ newest: [TrapEntry]) -> String {
        let updated = newest.map(\.changed).max() ?? .epoch
        let feed = XML(
            "feed", ["xmlns": "http://www.w3.org/2005/Atom"],
            [
                XML("title", text: "New traps"), XML("id", text: "urn:x-almanac:traps"),
                XML("updated", text: updated.description), XML("author", [:], [XML("name", text: "Almanac")]),
                XML("link", ["rel": "self", "href": "/api/v1/traps.atom"]),
                XML("link", ["href": WebPath("catalog").description]),
            ] + newest.map(entry))
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + feed.rendered + "\n"
    }

    /// The same as RSS 2.0, for readers that know no other; also at the address that Cuirass has.
    static let rss: [Endpoint] = [("/api/v1/traps.rss", "getTrapRSS"), ("/events/rss", "getCuirassFeed")].map {
        path, name in
        Endpoint(
            audience: .people, path: path, name: name, summary: "The traps found last as RSS 2.0, newest first.",
            parameters: [], contents: [Endpoint.Content(mediaType: "application/rss+xml", schema: ["type": "string"])],
            otherStatuses: [:]
        ) { call in
            .text(rssText(try await call.database.newestTraps(limit: 100)), mediaType: "application/rss+xml")
        }
    }

    static func rssText(_ newest: [TrapEntry]) -> String {
        let items = newest.map { entry in
            let trap = entry.record
            return XML(
                "item", [:],
                [
                    XML("title", text: "\(trap.package) \(trap.version): \(trap.verdict.rawValue)"),
                    XML("guid", ["isPermaLink": "false"], text: "urn:x-almanac:trap:\(trap.id)"),
                    XML("link", text: WebPath("traps", trap.id).description),
                    XML("description", text: Pieces.summary(trap).plain + ". Cause: \(trap.cause.rawValue)."),
                ])
        }
        let channel = XML(
            "channel", [:],
            [
                XML("title", text: "New traps"), XML("link", text: WebPath("catalog").description),
                XML("description", text: "Builds that depend on the conditions they are made under."),
            ] + items)
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + XML("rss", ["version": "2.0"], [channel]).rendered
            + "\n"
    }

    private static func entry(_ entry: TrapEntry) -> XML {
        let trap = entry.record
        return XML(
            "entry", [:],
            [
                XML("title", text: "\(trap.package) \(trap.version): \(trap.verdict.rawValue)"),
                XML("id", text: "urn:x-almanac:trap:\(trap.id)"), XML("published", text: entry.created.description),
                XML("updated", text: entry.changed.description),
                XML("link", ["href": WebPath("traps", trap.id).description]),
                XML("category", ["term": trap.axis.rawValue]),
                XML("summary", text: Pieces.summary(trap).plain + ". Cause: \(trap.cause.rawValue)."),
            ])
    }
}
