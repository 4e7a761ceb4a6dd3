// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import WebAPI

/// Every page as a browser shows it. With ALMANAC_PICTURES naming a folder, pictures of the pages are left there.
@Suite(
    .enabled(
        if: CheckTools.isThere("python", "/usr/bin/chromium", "/usr/bin/chromedriver"),
        "needs Chromium and what ops/check-tools installs"))
struct PageBrowserTests {
    private static let script = String(decoding: PackageResources.check_pages_py, as: UTF8.self)

    /// A phone and a desk, in CSS pixels.
    private static let widths = [360, 1280]

    private struct Wish: Encodable {
        var pages: [String]
        var widths = PageBrowserTests.widths
        var pictures = ProcessInfo.processInfo.environment["ALMANAC_PICTURES"]
    }

    private struct Line: Decodable {
        var opened: Int?
        var page: String?
        var width: Int?
        var scheme: String?
        var fault: String?
        var `where`: String?
    }

    private func check(_ pages: [String], at port: Int, _ folder: LogFolder) async throws -> [Line] {
        let wish = Wish(pages: pages.map { "http://127.0.0.1:\(port)\($0)" })
        let input = String(decoding: try JSONEncoder().encode(wish), as: UTF8.self)
        let ended = try await CheckTools.run("python", ["-c", Self.script], input: input, in: folder)
        #expect(ended.isSuccess, "\(ended.errors.suffix(2_000))")
        return try ended.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    @Test(.timeLimit(.minutes(10)))
    func `no page has errors, is wider than a phone, or keeps anybody out`() async throws {
        try await Site.run(over: .socket) { site in
            let port = try #require(site.port)
            for run in 1...9 {
                try site.logs.write(
                    "one\ntwo\n<script>alert(4)</script> certificate has expired\n"
                        + String(repeating: "a-very-long-word", count: 40) + "\n", run: Int64(run))
            }
            let pages =
                EveryEndpointTests.pages + [
                    "/search?query=python",
                    "/traps/2", "/traps/3", "/evaluations/2", "/evaluations/3", "/builds/6", "/builds/9", "/runs/8",
                    "/catalog?package=none", "/traps/77", "/nothing",
                ]
            #expect(pages.count > 20)
            let lines = try await check(pages, at: port, site.logs)
            #expect(lines.last?.opened == pages.count * Self.widths.count * 2)
            for line in lines where line.opened == nil && !Self.isExpected(line) {
                Issue.record(
                    "\(line.page ?? "") \(line.width ?? 0) \(line.scheme ?? ""): \(line.fault ?? ""): \(line.where ?? "")"
                )
            }
        }
    }

    /// Chromium writes into the console that a page which says that something does not exist was answered with 404.
    private static func isExpected(_ line: Line) -> Bool {
        (line.page?.hasSuffix("/traps/77") == true || line.page?.hasSuffix("/nothing") == true)
            && line.fault?.hasPrefix("console") == true && line.where?.contains("status of 404") == true
    }

    @Test(.timeLimit(.minutes(5)))
    func `a page that is too wide, unreadable or unlabelled is found`() async throws {
        let folder = try LogFolder()
        defer { folder.remove() }
        let page = """
            <!doctype html><html><head><title>bad</title></head><body><main>
            <div style="width: 3000px">wide</div><input><a href="#" style="outline: none">x</a>
            <p style="color: #eee; background: #fff">pale</p><script>console.error("broken")</script></main></body></html>
            """
        try Data(page.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/bad.html"))
        let input = #"{"pages": ["file://\#(folder.path)/bad.html"], "widths": [360]}"#
        let ended = try await CheckTools.run("python", ["-c", Self.script], input: input, in: folder)
        for fault in [
            "wider than the window", "axe: label", "axe: color-contrast", "axe: html-has-lang", "console: SEVERE",
        ] {
            #expect(ended.output.contains(fault), "\(fault): \(ended.output) \(ended.errors.suffix(500))")
        }
    }
}
