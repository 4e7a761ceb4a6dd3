// SPDX-License-Identifier: GPL-3.0-or-later

import CZlib
package import TimeTravel

/// A stored log: gzip in a file, read piece by piece; what a build still writes is read as far as it goes.
package struct RunLog: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Hands the text to `body` in pieces of at most 64 KiB.
    ///
    /// - Returns: false when there is no such file.
    @discardableResult
    package func read(_ body: (ArraySlice<UInt8>) throws -> Void) rethrows -> Bool {
        guard let file = gzopen(path, "rb") else { return false }
        defer { gzclose(file) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = gzread(file, &buffer, UInt32(buffer.count))
            if count <= 0 { return true }
            try body(buffer[..<Int(count)])
        }
    }

    /// What the text says about dates and processors.
    package func facts() -> [LogFact] {
        var miner = LogMiner()
        read { miner.feed($0) }
        return miner.finish()
    }
}
