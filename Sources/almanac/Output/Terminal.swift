// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// What the standard output is: a terminal gets colours and a display that redraws itself, anything else plain lines.
struct Terminal: Sendable {
    let isInteractive: Bool
    let columns: Int

    init(descriptor: Int32 = STDOUT_FILENO, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let plain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isInteractive = isatty(descriptor) == 1 && environment["TERM"] != "dumb" && !plain
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        columns = known ? Int(size.ws_col) : 100
    }

    func bold(_ text: String) -> String { isInteractive ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func dim(_ text: String) -> String { isInteractive ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// Writes text to the standard output at once, also into a pipe.
    static func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
