// SPDX-License-Identifier: GPL-3.0-or-later

/// Decimal digits in ASCII, as fixed-width date formats use them.
enum Digits {
    /// `value` with leading zeros, at least `width` digits; negative values keep their sign in front.
    static func padded(_ value: Int, to width: Int) -> String {
        let digits = String(value.magnitude)
        let zeros = String(repeating: "0", count: max(0, width - digits.count))
        return (value < 0 ? "-" : "") + zeros + digits
    }

    /// The number that `bytes` spell, nil unless every byte is a digit and there are 1 to 18 of them.
    static func value(of bytes: ArraySlice<UInt8>) -> Int? {
        guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
        var value = 0
        for byte in bytes {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
