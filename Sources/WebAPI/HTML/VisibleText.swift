// SPDX-License-Identifier: GPL-3.0-or-later

/// Text of hostile origin made fit to be shown.
enum VisibleText {
    /// Whether a character may stand in a page: no control characters but line ends and tabs, and none that turn the
    /// direction of what follows.
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d: true
        case 0..<0x20, 0x7f...0x9f: false
        case 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: false
        case 0xfffe, 0xffff: false
        default: true
        }
    }

    /// A line of a log without terminal escape sequences (ECMA-48) and control characters.
    ///
    /// What a carriage return overwrote is left out, as a terminal would show it.
    static func line(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        var visible = String.UnicodeScalarView()
        var state = State.text
        for scalar in text.unicodeScalars {
            switch state {
            case .text:
                if scalar == "\u{1b}" {
                    state = .escape
                } else if scalar == "\u{9b}" {
                    state = .control
                } else if scalar == "\r" {
                    state = .returned
                } else if isAllowed(scalar) {
                    visible.append(scalar)
                }
            case .returned:
                visible.removeAll()
                state = scalar == "\u{1b}" ? .escape : .text
                if state == .text, isAllowed(scalar) { visible.append(scalar) }
            case .escape:
                state = scalar == "[" ? .control : scalar == "]" || scalar == "P" ? .string : .text
            case .control:
                if (0x40...0x7e).contains(scalar.value) { state = .text }
            case .string:
                if scalar == "\u{07}" { state = .text } else if scalar == "\u{1b}" { state = .escape }
            }
        }
        return String(visible)
    }

    private enum State {
        case text, returned, escape
        /// In a control sequence, which a letter ends.
        case control
        /// In a command string, which BEL or ESC \ ends.
        case string
    }
}
