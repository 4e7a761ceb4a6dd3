// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// The farm's progress in words.
enum ProgressText {
    static func lines(_ progress: FarmProgress) -> [String] {
        [
            "revisions      \(progress.evaluationsDone) evaluated, \(progress.evaluationsPending) to do"
                + (progress.evaluationsFailed > 0 ? ", \(progress.evaluationsFailed) failed" : "")
                + (progress.packagesEvaluated > 0 ? "; now \(packages(progress))" : ""),
            "sources        \(progress.sourcesDone) at hand, \(progress.sourcesWanted) to fetch"
                + (progress.sourcesLost > 0 ? ", \(progress.sourcesLost) lost" : ""),
            "builds         \(progress.buildsDone) done, \(progress.buildsRunning) running, "
                + "\(progress.buildsWaiting) waiting (\(progress.runsDone) runs)",
            "investigations \(progress.investigationsConcluded) done, \(progress.investigationsOpen) open",
            "traps          \(progress.traps)",
        ]
    }

    /// Of the evaluations that run: packages so far, how many a second, and errors.
    private static func packages(_ progress: FarmProgress) -> String {
        let tenths = Int((progress.packagesPerSecond * 10).rounded())
        return
            "\(progress.packagesEvaluated) packages, \(tenths / 10).\(tenths % 10)/s, \(progress.packagesFailed) errors"
    }

    static func line(_ progress: FarmProgress) -> String {
        var text = "evaluations \(progress.evaluationsDone)/\(progress.evaluationsDone + progress.evaluationsPending)"
        if progress.packagesEvaluated > 0 { text += " (\(packages(progress)))" }
        text += "  sources \(progress.sourcesDone)/\(progress.sourcesDone + progress.sourcesWanted)"
        text +=
            "  builds \(progress.buildsDone) done, \(progress.buildsRunning) running, \(progress.buildsWaiting) queued"
        text += "  investigations \(progress.investigationsConcluded) done, \(progress.investigationsOpen) open"
        return text + "  traps \(progress.traps)"
    }
}

/// Shows progress while it changes: one line that is redrawn on a terminal, a line per change elsewhere.
struct ProgressDisplay {
    private let terminal: Terminal
    private var last = ""
    private var frame = 0

    init(_ terminal: Terminal) {
        self.terminal = terminal
    }

    mutating func show(_ progress: FarmProgress, elapsed: Duration) {
        let text = ProgressText.line(progress)
        if terminal.isInteractive {
            frame += 1
            let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"][frame % 8]
            let line = "\(spinner) \(Self.clock(elapsed))  \(text)"
            Terminal.write("\r\u{1B}[2K" + String(line.prefix(max(20, terminal.columns - 1))))
        } else if text != last {
            Terminal.write("\(Self.clock(elapsed))  \(text)\n")
        }
        last = text
    }

    func finish() {
        if terminal.isInteractive { Terminal.write("\r\u{1B}[2K") }
    }

    static func clock(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        let rest = seconds % 60
        return "\(seconds / 60):\(rest < 10 ? "0" : "")\(rest)"
    }
}
