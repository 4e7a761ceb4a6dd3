// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("\u{1b}[1;31mred\u{1b}[0m", "red"), ("\u{1b}]0;title\u{7}x", "x"),
        ("\u{1b}]8;;http://evil\u{1b}\\link", "link"), ("10%\r 50%\r100%", "100%"), ("crlf\r", "crlf"),
        ("a\u{8}b\u{0}c", "abc"), ("\u{9b}31mx", "x"), ("left\u{202e}thgir", "leftthgir"), ("tab\tü€", "tab\tü€"),
    ])
    func `terminal sequences and control characters are taken out of a line`(line: String, visible: String) {
        #expect(VisibleText.line(Array(line.utf8)) == visible)
    }

    @Test func `bytes that are no UTF-8 are shown as replaced`() {
        #expect(VisibleText.line([0x61, 0xff, 0x62]) == "a\u{fffd}b")
    }
}
