// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Testing
import TimeTravel

@testable import WebAPI

@Suite struct TimelineTests {
    private static func run(_ id: Int64, _ date: String, _ outcome: Outcome?) throws -> RunSummary {
        let kernel = try #require(KernelRelease(rawValue: "6.1.0-47-amd64"))
        let conditions = Conditions(date: try #require(Instant(date)), cpu: .baseline, kernel: kernel, cores: 1)
        return try JSONDecoder().decode(
            RunSummary.self,
            from: Data(
                """
                {"id": \(id), "build": 1, "started": "2026-01-01T00:00:00Z", "isScreening": true,
                 \(outcome.map { "\"outcome\": \"\($0.rawValue)\"," } ?? "")
                 "conditions": \(String(decoding: try JSON.encode(conditions), as: UTF8.self))}
                """.utf8))
    }

    @Test func `every probe is a mark, with today, 2038 and 2100, and words for who cannot see it`() throws {
        let probes = [
            try Self.run(1, "2100-01-01T00:00:00Z", .failed), try Self.run(2, "2019-05-01T00:00:00Z", .succeeded),
            try Self.run(3, "2027-01-01T00:00:00Z", .timedOut),
            try Self.run(4, "2026-12-31T00:00:00Z", .infrastructure),
        ]
        let window = Window(
            notBefore: nil,
            notAfter: Window.UpperEdge(
                lastGood: try #require(Instant("2026-12-31T00:00:00Z")),
                firstBad: try #require(Instant("2027-01-01T00:00:00Z"))))
        let picture = Timeline(windows: [window], probes: probes, now: Site.now).html.rendered
        #expect(picture.ranges(of: "class=\"pass\"").count == 1)
        #expect(picture.ranges(of: "class=\"fail\"").count == 2)
        for label in [">today<", ">2038<", ">2100<"] { #expect(picture.contains(label)) }
        #expect(picture.contains("class=\"window\""))
        #expect(picture.contains("class=\"bracket\""))
        #expect(
            picture.contains(
                "It works from any earlier date until 2026-12-31T00:00:00Z. Builds that succeeded: 1, that failed: 2. "
                    + "Today is 2026-11-21."))
        #expect(picture.contains("role=\"img\" aria-labelledby=\"timeline-title timeline-description\""))
    }

    @Test func `places ascend with dates and stay within the drawing`() throws {
        let dates = ["1970-01-01", "2019-05-01", "2038-01-19", "2100-01-01", "9999-12-31"]
        let probes = try dates.enumerated().map { try Self.run(Int64($0), $1 + "T00:00:00Z", .succeeded) }
        let picture = Timeline(windows: [], probes: probes, now: Site.now).html.rendered
        let places = picture.split(separator: "cx=\"").dropFirst().compactMap { Double($0.prefix { $0 != "\"" }) }
        #expect(places.count == dates.count)
        #expect(places == places.sorted())
        #expect((places.first ?? 0) >= 20 && (places.last ?? 999) <= 740)
    }
}
