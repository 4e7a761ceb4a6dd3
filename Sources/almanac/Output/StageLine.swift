// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Synchronization

/// How far the stage at hand is, on the standard error: one line that is redrawn on a terminal, elsewhere a line when the
/// stage changes and every ten seconds.
final class StageLine: Sendable {
    private let terminal = Terminal(descriptor: STDERR_FILENO)
    private let last = Mutex<(stage: String, shown: ContinuousClock.Instant?)>(("", nil))

    func show(_ progress: EnvironmentRevival.Progress) {
        let count = progress.all.map { "\(progress.done) of \($0)" } ?? "\(progress.done)"
        show("\(progress.stage.rawValue): \(count)")
    }

    func show(_ text: String) {
        let stage = String(text.prefix { $0 != ":" })
        let pause: Duration = terminal.isInteractive ? .milliseconds(100) : .seconds(10)
        let isDue = last.withLock { last in
            let now = ContinuousClock.now
            if stage == last.stage, let shown = last.shown, now - shown < pause { return false }
            last = (stage, now)
            return true
        }
        if !isDue { return }
        let line = TextTable.oneLine(text)
        write(terminal.isInteractive ? "\r\u{1B}[2K" + String(line.prefix(max(20, terminal.columns - 1))) : line + "\n")
    }

    /// Leaves the terminal's line empty for what follows.
    func finish() {
        if terminal.isInteractive { write("\r\u{1B}[2K") }
        last.withLock { $0 = ("", nil) }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
