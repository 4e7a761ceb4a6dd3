// SPDX-License-Identifier: GPL-3.0-or-later

/// A whole number followed by a unit: `4 hours`, `2GiB`, `- 3 years`.
struct Quantity: Equatable {
    let count: Int64
    /// In the letters of the file; empty where none was written.
    let unit: String

    /// Nil unless digits (at most 15, so that no unit overflows a sum of them) and then letters.
    init?(_ text: some StringProtocol) {
        let trimmed = text.drop(while: { $0 == " " })
        let digits = trimmed.prefix(while: { $0.isASCII && $0.isNumber })
        let unit = trimmed.dropFirst(digits.count).drop(while: { $0 == " " })
        guard (1...15).contains(digits.count), let count = Int64(digits),
            unit.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return nil }
        self.count = count
        self.unit = String(unit)
    }
}
