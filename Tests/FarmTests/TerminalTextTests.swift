// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing

@Suite struct TerminalTextTests {
    private func shown(_ text: String, pieces size: Int = 1_000) -> String {
        var filter = TerminalText()
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            result += filter.show(bytes[start..<min(start + size, bytes.count)])
        }
        return String(decoding: result + filter.finish(), as: UTF8.self)
    }

    @Test(arguments: [
        ("plain\n\ttext, Grüße, 時間\n", "plain\n\ttext, Grüße, 時間\n"),
        ("\u{1b}[1;31mred\u{1b}[0m\u{1b}[m", "\u{1b}[1;31mred\u{1b}[0m\u{1b}[m"),
        ("\u{1b}]0;title\u{7}x", "^[]0;title^Gx"),
        ("\u{1b}[2Jgone\u{1b}[1A", "^[[2Jgone^[[1A"),
        ("\u{1b}[6n\u{1b}\u{1b}c", "^[[6n^[^[c"),
        ("\u{9b}2J caf\u{e9} \u{b5}", "?2J caf\u{e9} \u{b5}"),
        ("10 %\r20 %\r\nend\r", "10 %\n20 %\nend\n"),
        ("a\u{8}b\u{0}\u{7f}", "a^Hb^@^?"),
        ("\u{1b}[1;", "^[[1;"),
        ("\u{1b}[" + String(repeating: "1;", count: 40) + "m", "^[[" + String(repeating: "1;", count: 40) + "m"),
    ])
    func `colours stay, what moves or answers is shown`(text: String, wanted: String) {
        for size in [1, 2, 3, 1_000] { #expect(shown(text, pieces: size) == wanted) }
    }
}
