// SPDX-License-Identifier: GPL-3.0-or-later

/// Files that a log names, as tests name those they fail in: `t/date.t at line 73`, `tests.py:5204: AssertionError`.
enum NamedFiles {
    private static let longestPath = 240

    /// The paths in a line, as it writes them. Words that only look like a file (`self.get`) are among them: they match
    /// no file of the package.
    static func paths(in line: ArraySlice<UInt8>) -> [String] {
        line.split(whereSeparator: { !isPathByte($0) }).prefix(32).compactMap { word in
            guard word.count <= longestPath, let name = word.split(separator: UInt8(ascii: "/")).last,
                let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex
            else { return nil }
            let suffix = name[(dot + 1)...]
            guard (1...8).contains(suffix.count), let first = suffix.first, isLetter(first) else { return nil }
            return String(decoding: word, as: UTF8.self)
        }
    }

    /// Whether `path`, a file of the package, is what a log calls `named`: the same name in a folder of the same name, if
    /// the log says in which.
    static func means(_ named: String, _ path: String) -> Bool {
        let spoken = named.split(separator: "/").filter { $0 != "." }.suffix(2)
        let real = path.split(separator: "/").filter { $0 != "." }.suffix(spoken.count)
        return !spoken.isEmpty && spoken.elementsEqual(real)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || Digits.isDigit(byte) || [0x2b, 0x2d, 0x2e, 0x2f, 0x5f].contains(byte)
    }
}
