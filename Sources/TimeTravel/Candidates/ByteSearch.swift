// SPDX-License-Identifier: GPL-3.0-or-later

extension ArraySlice where Element == UInt8 {
    /// Where `word` begins first, at or after `start`.
    func firstIndex(of word: some StringProtocol, from start: Int? = nil) -> Int? {
        let needle = Array(word.utf8)
        guard let first = needle.first, count >= needle.count else { return nil }
        var index = Swift.max(start ?? startIndex, startIndex)
        let last = endIndex - needle.count
        while index <= last {
            guard let hit = self[index...last].firstIndex(of: first) else { return nil }
            if self[hit..<hit + needle.count].elementsEqual(needle) { return hit }
            index = hit + 1
        }
        return nil
    }

    /// A big-endian number of `count` bytes at `index`; nil where there are not so many.
    func bigEndian(at index: Int, count: Int) -> Int? {
        guard (1...7).contains(count), index >= startIndex, index <= endIndex - count else { return nil }
        return self[index..<index + count].reduce(0) { $0 << 8 | Int($1) }
    }

    /// A little-endian number of `count` bytes at `index`.
    func littleEndian(at index: Int, count: Int) -> Int? {
        guard (1...7).contains(count), index >= startIndex, index <= endIndex - count else { return nil }
        return self[index..<index + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
