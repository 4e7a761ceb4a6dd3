// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite struct LogExcerptTests {
    @Test func `a failing line is marked and shown with what is around it, the end is shown too`() {
        let lines = (1...500).map { $0 == 100 ? "E   AssertionError: <expired>" : "line \($0)" }
        let excerpt = LogExcerpt.of(text: lines.joined(separator: "\n") + "\n")
        let failing = excerpt.lines.filter(\.isFailing)
        #expect(failing.map(\.number) == [100])
        #expect(excerpt.lines.prefix(9).map(\.number) == Array(96...104))
        #expect(excerpt.lines.last?.number == 500)
        #expect(excerpt.lines.count == 9 + 40)
        let html = excerpt.html.rendered
        #expect(html.contains("<strong class=\"hit\" id=\"line-100\">E   AssertionError: &lt;expired&gt;</strong>"))
        #expect(html.contains("⋮"))
    }

    @Test func `no line is shown twice, numbers ascend`() {
        let lines = (1...200).map { $0 % 3 == 0 ? "error: \($0)" : "line \($0)" }
        let numbers = LogExcerpt.of(text: lines.joined(separator: "\n")).lines.map(\.number)
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.last == 200)
    }

    @Test func `a log of failing lines only is cut, its end is there`() {
        let text = (1...100_000).map { "FAILED \($0)\n" }.joined()
        let excerpt = LogExcerpt.of(text: text)
        #expect(excerpt.lines.count <= 450)
        #expect(excerpt.lines.last?.number == 100_000)
    }

    @Test func `long lines are cut and terminal sequences taken out`() {
        let excerpt = LogExcerpt.of(text: "\u{1b}[31mred\u{1b}[0m\n" + String(repeating: "x", count: 1_000_000))
        #expect(excerpt.lines.map(\.text.count) == [3, 2_000])
    }

    @Test func `an empty log says so`() {
        #expect(LogExcerpt.of(text: "").html.rendered == "<p>It is empty.</p>")
    }
}
