// SPDX-License-Identifier: GPL-3.0-or-later

/// What a Range header asks for, RFC 9110 section 14.2.
enum ByteRange: Equatable {
    /// There is none, or one that may be ignored: of other units, malformed, or several.
    case whole
    case part(Range<Int>)
    /// It begins beyond the end.
    case beyond

    static func read(_ header: String?, size: Int) -> ByteRange {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return .whole }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .whole }
        switch (number(ends[0]), number(ends[1])) {
        case (let first?, nil) where ends[1].isEmpty:
            return first < size ? .part(first..<size) : .beyond
        case (let first?, let last?) where first <= last:
            return first < size ? .part(first..<min(last + 1, size)) : .beyond
        case (nil, let count?) where ends[0].isEmpty:
            return count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .beyond
        default:
            return .whole
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
