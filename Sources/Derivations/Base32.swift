// SPDX-License-Identifier: GPL-3.0-or-later

/// The base-32 notation of store paths and hashes.
///
/// The alphabet leaves out e, o, t and u; the number is written with its most significant digit first, taking
/// byte 0 as the least significant. Source: the Nix manual, "nix-base32".
package enum Base32 {
    private static let alphabet = Array("0123456789abcdfghijklmnpqrsvwxyz".utf8)

    /// Value of each character, 255 for those outside the alphabet.
    static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Number of characters that hold `byteCount` bytes.
    package static func length(of byteCount: Int) -> Int {
        byteCount == 0 ? 0 : (byteCount * 8 - 1) / 5 + 1
    }

    package static func encode(_ bytes: [UInt8]) -> String {
        let length = length(of: bytes.count)
        return String(unsafeUninitializedCapacity: length) { buffer in
            for position in 0..<length {
                let bit = (length - 1 - position) * 5
                let index = bit / 8
                var digit = UInt16(bytes[index]) >> UInt16(bit % 8)
                if index + 1 < bytes.count { digit |= UInt16(bytes[index + 1]) << UInt16(8 - bit % 8) }
                buffer[position] = alphabet[Int(digit & 31)]
            }
            return length
        }
    }

    /// The bytes written as `text`, or nil where a character, the length or unused bits are wrong.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let byteCount = text.count * 5 / 8
        guard length(of: byteCount) == text.count else { return nil }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var bit = text.count * 5
        for character in text {
            bit -= 5
            let digit = UInt16(values[Int(character)])
            guard digit < 32 else { return nil }
            let index = bit / 8
            let shifted = digit << UInt16(bit % 8)
            if index < byteCount { bytes[index] |= UInt8(truncatingIfNeeded: shifted) }
            let carry = UInt8(truncatingIfNeeded: shifted >> 8)
            if index + 1 < byteCount {
                bytes[index + 1] |= carry
            } else if carry != 0 || index >= byteCount && digit != 0 {
                return nil
            }
        }
        return bytes
    }
}
