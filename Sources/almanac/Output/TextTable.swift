// SPDX-License-Identifier: GPL-3.0-or-later

/// A table for people: columns as wide as their widest cell, a header line, no trailing blanks.
struct TextTable {
    let header: [String]
    private(set) var rows: [[String]] = []

    init(_ header: [String]) {
        self.header = header
    }

    mutating func add(_ row: [String]) {
        rows.append(row.map(Self.oneLine))
    }

    func render(headerStyle: (String) -> String = { $0 }) -> String {
        var widths = header.map(\.count)
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.count)
            }
        }
        let lines = rows.map { line($0, widths) }
        return ([headerStyle(line(header, widths))] + lines).joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() where index < widths.count {
            let isLast = index == widths.count - 1
            text += isLast ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 2)
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Cells may come from hostile builds: control characters would reach the terminal.
    static func oneLine(_ text: String) -> String {
        String(
            text.unicodeScalars.map {
                $0.value < 0x20 || $0.value == 0x7F || (0x80..<0xA0).contains($0.value)
                    ? Character(" ") : Character($0)
            })
    }
}
