// SPDX-License-Identifier: GPL-3.0-or-later

/// Base 64 as hostile files hold it: line breaks, quotes and escapes between its letters are passed over.
enum Base64 {
    /// The bytes that `text` spells, in the standard or the URL alphabet; stops at padding or `limit` bytes.
    static func decode(_ text: ArraySlice<UInt8>, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var (buffer, bits) = (UInt32(0), 0)
        var index = text.startIndex
        while index < text.endIndex, bytes.count < limit {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "=") { break }
            // "\n" written out inside a string literal.
            if byte == UInt8(ascii: "\\") {
                index += 1
                continue
            }
            guard let value = value(byte) else { continue }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return bytes
    }

    static func isLetter(_ byte: UInt8) -> Bool { value(byte) != nil }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        case _: nil
        }
    }
}
