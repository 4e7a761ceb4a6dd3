// SPDX-License-Identifier: GPL-3.0-or-later

/// A whole page: what every page has around its own content.
struct Page: Sendable {
    var status = 200
    let title: String
    let content: HTML

    init(status: Int = 200, _ title: String, @HTMLBuilder content: () -> HTML) {
        self.status = status
        self.title = title
        self.content = content()
    }

    func reply() -> Reply {
        Reply(status: status, mediaType: "text/html; charset=utf-8", body: .bytes(html.document()))
    }

    /// Made from an error.
    static func of(_ problem: Problem) -> Page {
        Page(status: problem.status, problem.title) {
            tag(.h1) { problem.title }
            tag(.p) { problem.detail }
            tag(.p) { tag(.a, .href(WebPath())) { "To the front page" } }
        }
    }

    var html: HTML {
        tag(.html, .set("lang", "en")) {
            tag(.head) {
                tag(.meta, .set("charset", "utf-8"))
                tag(.meta, .set("name", "viewport"), .set("content", "width=device-width, initial-scale=1"))
                tag(.meta, .set("name", "color-scheme"), .set("content", "light dark"))
                tag(.title) { "\(title) – Almanac" }
                tag(.link, .set("rel", "stylesheet"), .href(Stylesheet.path))
                tag(
                    .link, .set("rel", "alternate"), .set("type", "application/atom+xml"), .set("title", "New traps"),
                    .href(WebPath("api", "v1", "traps.atom")))
                tag(.link, .set("rel", "icon"), .set("type", "image/svg+xml"), .href(Stylesheet.iconPath))
            }
            tag(.body) {
                tag(.a, .css("skip"), .set("href", "#content")) { "To the content" }
                tag(.header) {
                    tag(.nav, .set("aria-label", "Main")) {
                        tag(.a, .css("home"), .href(WebPath())) { "Almanac" }
                        tag(.a, .href(WebPath("catalog"))) { "Catalog" }
                        tag(.a, .href(WebPath("calendar"))) { "Calendar" }
                        tag(.a, .href(WebPath("jobsets"))) { "Jobsets" }
                        tag(.a, .href(WebPath("builds"))) { "Builds" }
                        tag(.a, .href(WebPath("workers"))) { "Workers" }
                        tag(.a, .href(WebPath("search"))) { "Search" }
                    }
                }
                tag(.main, .id("content")) { content }
                tag(.footer) {
                    tag(.p) {
                        tag(.a, .href(WebPath("api", "v1", "traps"))) { "The catalog as data" }
                        " · "
                        tag(.a, .href(WebPath("api", "v1", "traps.csv"))) { "CSV" }
                        " · "
                        tag(.a, .href(WebPath("api", "v1", "edges.ics"))) { "Calendar" }
                        " · "
                        tag(.a, .href(WebPath("api", "v1", "traps.atom"))) { "Feed" }
                        " · "
                        tag(.a, .href(WebPath("api", "v1", "openapi.json"))) { "API" }
                    }
                }
            }
        }
    }
}
