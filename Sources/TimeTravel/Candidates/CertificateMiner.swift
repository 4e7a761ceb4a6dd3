// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds validity dates of certificates and revocation lists anywhere in bytes: PEM, DER, or base 64 without a header.
///
/// The DER of two neighbouring times is unmistakable (RFC 5280, 4.1.2.5 and 5.1.2.4), so nothing around it has to be parsed,
/// and PKCS#12 and JKS files that are not encrypted give theirs as well.
enum CertificateMiner {
    /// Two times side by side.
    struct Validity: Hashable {
        var from: Instant
        var until: Instant
        var isRevocationList: Bool
        /// Bytes of the file it was read from.
        var offset: Int
        var length: Int
    }

    private static let most = 4_000
    private static let largestBlock = 1 << 20

    /// In the order they stand in the file.
    static func validities(in bytes: ArraySlice<UInt8>) -> [Validity] {
        var found = scan(bytes, offset: nil)
        var start = bytes.startIndex
        while found.count < most, let block = nextBlock(bytes, from: start) {
            let decoded = Base64.decode(bytes[block], limit: largestBlock)
            found += scan(decoded[...], offset: block.lowerBound - bytes.startIndex).map { validity in
                var moved = validity
                moved.length = block.count
                return moved
            }
            start = block.upperBound
        }
        return found
    }

    /// The text between PEM lines, or a run of base 64 that begins as DER certificates do.
    private static func nextBlock(_ bytes: ArraySlice<UInt8>, from start: Int) -> Range<Int>? {
        var from = start
        while let marker = bytes.firstIndex(of: "MI", from: from) {
            let end = blockEnd(bytes, marker)
            // What is too short to hold two times is no certificate.
            if end - marker >= 80 { return marker..<end }
            from = marker + 2
        }
        return nil
    }

    private static func blockEnd(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int {
        var (end, last, odd) = (start, start, 0)
        // Quotes, breaks and escapes may stand between lines of one block, but not many in a row.
        while end < bytes.endIndex, odd < 24, end - start < 2 * largestBlock {
            let byte = bytes[end]
            if byte == UInt8(ascii: "-") { break }
            odd = Base64.isLetter(byte) ? 0 : odd + 1
            end += 1
            if odd == 0 { last = end }
        }
        return last
    }

    private static func scan(_ bytes: ArraySlice<UInt8>, offset: Int?) -> [Validity] {
        var found: [Validity] = []
        var index = bytes.startIndex
        while index < bytes.endIndex, found.count < most {
            guard bytes[index] == 0x17 || bytes[index] == 0x18, let first = time(bytes, index),
                let second = time(bytes, first.end), first.instant <= second.instant
            else {
                index += 1
                continue
            }
            let length = second.end - index
            let isEnclosed =
                index - bytes.startIndex >= 2 && bytes[index - 2] == 0x30 && Int(bytes[index - 1]) == length
            found.append(
                Validity(
                    from: first.instant, until: second.instant, isRevocationList: !isEnclosed,
                    offset: offset ?? index - bytes.startIndex, length: length))
            index = second.end
        }
        return found
    }

    /// UTCTime or GeneralizedTime in UTC, as certificates must have it.
    private static func time(_ bytes: ArraySlice<UInt8>, _ index: Int) -> (instant: Instant, end: Int)? {
        guard let tag = bytes.bigEndian(at: index, count: 1), let length = bytes.bigEndian(at: index + 1, count: 1),
            (tag == 0x17 && length == 13) || (tag == 0x18 && length == 15), index + 2 + length <= bytes.endIndex
        else { return nil }
        let text = bytes[index + 2..<index + 2 + length]
        guard text.last == UInt8(ascii: "Z") else { return nil }
        let yearDigits = tag == 0x17 ? 2 : 4
        let fields = text.dropLast()
        guard let year = Digits.value(of: fields.prefix(yearDigits)), fields.allSatisfy(Digits.isDigit) else {
            return nil
        }
        let rest = fields.dropFirst(yearDigits)
        let numbers = (0..<5).compactMap { Digits.value(of: rest.dropFirst($0 * 2).prefix(2)) }
        let fullYear = tag == 0x18 ? year : year >= 50 ? 1900 + year : 2000 + year
        guard numbers.count == 5, let date = CivilDate(year: fullYear, month: numbers[0], day: numbers[1]),
            let instant = Instant(date, hour: numbers[2], minute: numbers[3], second: min(numbers[4], 59))
        else { return nil }
        return (instant, index + 2 + length)
    }
}
