// SPDX-License-Identifier: GPL-3.0-or-later

/// The faults met so far while one file is read.
final class FaultList {
    let file: String
    private(set) var faults: [JobsetFault] = []

    init(file: String) {
        self.file = file
    }

    func add(line: Int, column: Int, key: String, found: String, expected: String) {
        faults.append(
            JobsetFault(file: file, line: line, column: column, key: key, found: found, expected: expected))
    }
}
