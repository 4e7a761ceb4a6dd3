// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import FoundationXML
import Testing

@testable import WebAPI

@Suite("GET /api/v1/traps.atom")
struct TrapFeedTests {
    @Test(arguments: Transport.allCases)
    func `the feed is well-formed and has the newest trap first`(transport: Transport) async throws {
        try await Site.run(over: transport) { site in
            let answer = try await site.get("/api/v1/traps.atom")
            #expect(answer.headers["content-type"] == "application/atom+xml; charset=utf-8")
            let reader = FeedReader()
            let parser = XMLParser(data: Data(answer.body))
            parser.delegate = reader
            #expect(parser.parse(), "\(answer.text)")
            #expect(
                reader.titles == [
                    "New traps", "<img src=x onerror=alert(1)>\"'& 9: time-trap", "python-bar 2.0: cpu-trap",
                    "python-foo 1.2: time-trap",
                ])
            #expect(answer.text.contains("<id>urn:x-almanac:trap:1</id><published>2026-11-20T01:00:00Z</published>"))
            #expect(answer.text.contains("builds until 2026-12-31 23:59:59. Cause: certificate-expired."))
        }
    }
}

private final class FeedReader: NSObject, XMLParserDelegate {
    var titles: [String] = []
    private var isTitle = false

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        isTitle = name == "title"
        if isTitle { titles.append("") }
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if isTitle { titles[titles.count - 1] += text }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        isTitle = false
    }
}
