// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation

/// Where logs are written to: into a file or a pipe as they are, to a terminal without what could harm who reads.
struct LogOutput {
    private var filter = isatty(STDOUT_FILENO) == 1 ? TerminalText() : nil

    mutating func write(_ bytes: some Sequence<UInt8>) {
        FileHandle.standardOutput.write(Data(filter?.show(bytes) ?? Array(bytes)))
    }

    mutating func finish() {
        FileHandle.standardOutput.write(Data(filter?.finish() ?? []))
    }

    /// - Returns: false where there is no log.
    @discardableResult
    static func write(_ log: RunLog) -> Bool {
        var output = LogOutput()
        defer { output.finish() }
        return log.read { output.write($0) }
    }
}
