// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

@Suite struct PageTests {
    @Test(arguments: Transport.allCases)
    func `the front page answers what broke, what will break next and what is running`(
        transport: Transport
    ) async throws {
        try await Site.run(over: transport) { site in
            let page = try await site.page("/")
            for text in [
                "What broke", "python-foo 1.2", "What will break next", "2027-01-01 00:00:20", "What is running",
                "href=\"/builds/8\"", "undefined variable &#39;pkgs&#39;",
            ] { #expect(page.contains(text), "\(text)") }
        }
    }

    @Test func `without anything the front page says so`() async throws {
        try await Site.run(filling: .nothing) { site in
            let page = try await site.page("/")
            #expect(page.contains("No trap has been found yet.") && page.contains("No build runs now."))
        }
    }

    @Test func `the catalog is filtered by its form, empty fields and foreign parameters count for nothing`()
        async throws
    {
        try await Site.run { site in
            let page = try await site.page("/catalog?package=&axis=cpu&cause=&verdict=&status=&at=&utm_source=x")
            #expect(page.contains("python-bar 2.0") && !page.contains("python-foo 1.2"))
            #expect(page.contains("<option value=\"cpu\" selected>cpu</option>"))
            let first = try await site.page("/catalog?limit=1")
            #expect(first.contains("href=\"/catalog?limit=1&amp;after=1\""))
            let wrong = try await site.get("/catalog?axis=%3Cscript%3E")
            #expect(wrong.status == 400)
            #expect(wrong.headers["content-type"] == "text/html; charset=utf-8")
            #expect(wrong.text.contains("&lt;script&gt;") && !wrong.text.contains("<script"))
        }
    }

    @Test func `a trap's page has its timeline, cause, annotation, runs and revisions`() async throws {
        try await Site.run { site in
            let page = try await site.page("/traps/1")
            for text in [
                "<svg class=\"timeline\"", "certificate-expired", "tests/cert.pem", "notAfter of &lt;CN=test&gt;",
                "href=\"/runs/1#line-3\"", "&quot;2019-05-01T00:00:00Z&quot;", String(repeating: "a", count: 40),
                "href=\"/runs/4\"", "until <time datetime=\"2026-12-31T23:59:59Z\">",
            ] { #expect(page.contains(text), "\(text)") }
            #expect(page.ranges(of: "class=\"pass\"").count == 2 && page.ranges(of: "class=\"fail\"").count == 2)
            #expect(!page.contains("How it fails"))
            try site.logs.write("one\ntwo\nverify: \u{1b}[1mno\u{1b}[0m <b>\nfour\n", run: 1)
            let withLog = try await site.page("/traps/1")
            #expect(withLog.contains("<strong class=\"hit\" id=\"line-3\">verify: no &lt;b&gt;</strong>"))
            let processor = try await site.page("/traps/2")
            #expect(processor.contains("fails on core2duo, builds on Nehalem") && !processor.contains("<svg"))
        }
    }

    @Test func `jobset, evaluation, build and run each have a page`() async throws {
        try await Site.run { site in
            try site.logs.write(
                "one\ntwo\n<script>alert(4)</script> certificate has expired\n\u{1b}[31mred\u{1b}[0m\n", run: 1)
            let jobset = try await site.page("/jobsets/demo")
            #expect(jobset.contains("&lt;i&gt;two&lt;/i&gt;") && jobset.contains("href=\"/evaluations/1\""))
            let evaluation = try await site.page("/evaluations/1")
            #expect(evaluation.contains("href=\"/traps/1\"") && evaluation.contains("no such &lt;input&gt;"))
            let failed = try await site.page("/evaluations/2")
            #expect(failed.contains("undefined variable") && failed.contains("&lt;script&gt;alert(2)&lt;/script&gt;"))
            let build = try await site.page("/builds/9")
            #expect(build.contains("Why it does not run") && build.contains("href=\"/traps/2\""))
            let run = try await site.page("/runs/1")
            #expect(run.contains("<strong class=\"hit\" id=\"line-3\">&lt;script&gt;alert(4)&lt;/script&gt;"))
            #expect(run.contains(">red<") && run.contains("&lt;QEMU&gt;") && run.contains("certificate-expired"))
            let running = try await site.page("/runs/8")
            #expect(running.contains("Nothing has been written yet."))
        }
    }

    @Test func `no page lets markup from packages, logs or requests through`() async throws {
        try await Site.run { site in
            let attack = "<script>alert(5)</script><img src=x onerror=alert(1)>\u{1b}]8;;javascript:x\u{7}\n"
            for run in 1...9 { try site.logs.write(attack, run: Int64(run)) }
            let pages = [
                "/", "/catalog", "/traps/3", "/jobsets", "/jobsets/demo", "/evaluations/1", "/evaluations/2", "/builds",
                "/builds/5", "/builds/6", "/runs/1", "/runs/6", "/catalog?package=%3Cscript%3Ealert(6)%3C/script%3E",
                "/builds?derivation=%22%3E%3Cscript%3E",
            ]
            for target in pages {
                let page = try await site.page(target)
                for markup in ["<script", "<img", "<u>", "<i>", "<b>", "javascript:", "\u{1b}"] {
                    #expect(!page.contains(markup), "\(target) lets \(markup) through")
                }
                #expect(!page.contains(" onerror=alert(1)>"))
            }
        }
    }

    @Test func `every link of every page leads somewhere`() async throws {
        try await Site.run { site in
            for run in 1...9 { try site.logs.write("log\n", run: Int64(run)) }
            var (known, open) = (Set(["/"]), ["/"])
            while let target = open.popLast() {
                let answer = try await site.get(target)
                #expect(answer.status == 200, "\(target)")
                guard answer.headers["content-type"]?.hasPrefix("text/html") == true else { continue }
                for part in answer.text.split(separator: "href=\"").dropFirst() {
                    let link = String(part.prefix { $0 != "\"" }).replacing("&amp;", with: "&").prefix { $0 != "#" }
                    if !link.isEmpty, known.insert(String(link)).inserted { open.append(String(link)) }
                }
            }
            #expect(known.count > 40)
        }
    }

    @Test func `what does not exist has a page that says so`() async throws {
        try await Site.run { site in
            for target in ["/traps/77", "/builds/77", "/runs/77", "/evaluations/77", "/jobsets/no"] {
                let answer = try await site.get(target)
                #expect(answer.status == 404)
                #expect(answer.text.contains("<h1>Not found</h1>"))
            }
        }
    }
}
