// SPDX-License-Identifier: GPL-3.0-or-later

/// Lines of CSV, RFC 4180.
enum CommaSeparated {
    /// Every field is quoted. One that a spreadsheet would take for a formula gets an apostrophe in front, because names
    /// come from packages that nobody has vetted.
    static func line(_ fields: [String]) -> [UInt8] {
        let quoted = fields.map { field -> String in
            let isFormula = field.first.map { "=+-@\t\r".contains($0) } ?? false
            return "\"" + (isFormula ? "'" : "") + field.replacing("\"", with: "\"\"") + "\""
        }
        return Array((quoted.joined(separator: ",") + "\r\n").utf8)
    }
}
