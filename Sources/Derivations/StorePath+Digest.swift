// SPDX-License-Identifier: GPL-3.0-or-later

extension StorePath {
    /// The 20 bytes that identify a store item, held without a heap allocation.
    package struct Digest: Hashable, Sendable {
        package static let byteCount = 20
        package static let textLength = 32

        // Most significant first: in the order of the text, whose first character holds the last byte's top bits.
        private let high: UInt64
        private let middle: UInt64
        private let low: UInt32

        /// Folds a longer hash to 20 bytes by exclusive or, as the store does.
        package init(folding hash: ContentHash) {
            var folded = [UInt8](repeating: 0, count: Self.byteCount)
            for (index, byte) in hash.bytes.enumerated() { folded[index % Self.byteCount] ^= byte }
            self.init(littleEndian: folded)
        }

        /// Reads the 32 characters; nil where one is outside the alphabet or the length is wrong.
        package init?(text: some Collection<UInt8>) {
            guard text.count == Self.textLength else { return nil }
            let digest: Digest?? = text.withContiguousStorageIfAvailable { Digest(characters: $0) }
            guard let known = digest ?? Array(text).withUnsafeBufferPointer({ Digest(characters: $0) }) else {
                return nil
            }
            self = known
        }

        /// - Parameter characters: 32 of them, of five bits each.
        init?(characters: UnsafeBufferPointer<UInt8>) {
            var seen: UInt8 = 0
            let (first, second, third) = Base32.values.withUnsafeBufferPointer { values in
                func bits(_ range: Range<Int>) -> UInt64 {
                    var bits: UInt64 = 0
                    for index in range {
                        let value = values[Int(characters[index])]
                        seen |= value
                        bits = bits << 5 | UInt64(value)
                    }
                    return bits
                }
                return (bits(0..<12), bits(12..<24), bits(24..<32))
            }
            guard seen < 32 else { return nil }
            high = first << 4 | second >> 56
            middle = second << 8 | third >> 32
            low = UInt32(truncatingIfNeeded: third)
        }

        private init(littleEndian bytes: [UInt8]) {
            var (high, middle, low): (UInt64, UInt64, UInt32) = (0, 0, 0)
            for byte in bytes[12..<20].reversed() { high = high << 8 | UInt64(byte) }
            for byte in bytes[4..<12].reversed() { middle = middle << 8 | UInt64(byte) }
            for byte in bytes[0..<4].reversed() { low = low << 8 | UInt32(byte) }
            (self.high, self.middle, self.low) = (high, middle, low)
        }

        package var bytes: [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: low >> (8 * $0)) }
                + (0..<8).map { UInt8(truncatingIfNeeded: middle >> (8 * $0)) }
                + (0..<8).map { UInt8(truncatingIfNeeded: high >> (8 * $0)) }
        }
    }
}

extension StorePath.Digest: Comparable {
    package static func < (one: Self, other: Self) -> Bool {
        (one.high, one.middle, one.low) < (other.high, other.middle, other.low)
    }
}

extension StorePath.Digest: CustomStringConvertible {
    /// The 32 characters in a store path.
    package var description: String { Base32.encode(bytes) }
}
