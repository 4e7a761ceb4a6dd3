// SPDX-License-Identifier: GPL-3.0-or-later

/// One thing wrong with a jobset file, and where.
package struct JobsetFault: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int
    /// The key in full, such as `revisions[2].every`; empty for the file as a whole.
    package let key: String
    package let found: String
    package let expected: String

    package init(file: String, line: Int, column: Int, key: String, found: String, expected: String) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.found = found
        self.expected = expected
    }

    /// `Jobsets/demo.yaml:12:9: schedule.cron: found "0 25 * * *"; expected an hour from 0 to 23, …`
    package var description: String {
        let place = "\(file):\(line):\(column): "
        return place + (key.isEmpty ? "" : "\(key): ") + "found \(found); expected \(expected)"
    }
}

/// Why a jobset file was not loaded: everything that is wrong with it, in the order of the file.
package struct InvalidJobset: Error, Sendable, CustomStringConvertible {
    package let faults: [JobsetFault]

    package init(faults: [JobsetFault]) {
        self.faults = faults.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// One line per fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
