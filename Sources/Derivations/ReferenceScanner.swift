// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds which of some store items a stream of bytes mentions, by the 32 characters of their hashes.
///
/// The stream may be cut anywhere. Memory does not grow with it. As in the stores themselves, only whole runs
/// of base-32 characters are looked up, so most bytes are never examined.
package struct ReferenceScanner: Sendable {
    private static let length = StorePath.Digest.textLength

    private let candidates: [StorePath.Digest: [StorePath]]
    private var found: Set<StorePath.Digest> = []
    /// The end of what was read, in which a match may have begun.
    private var tail: [UInt8] = []

    package init(candidates: some Sequence<StorePath>) {
        self.candidates = Dictionary(grouping: candidates, by: \.digest)
    }

    /// The items mentioned so far, in order.
    package var references: [StorePath] {
        found.flatMap { candidates[$0] ?? [] }.sorted()
    }

    package mutating func read(_ bytes: ArraySlice<UInt8>) {
        if found.count == candidates.count { return }
        let seam = tail + bytes.prefix(Self.length - 1)
        scan(seam[...])
        scan(bytes)
        tail = Array((tail + bytes.suffix(Self.length - 1)).suffix(Self.length - 1))
    }

    private mutating func scan(_ bytes: ArraySlice<UInt8>) {
        let candidates = candidates
        let values = Base32.values
        var matches: [StorePath.Digest] = []
        bytes.withUnsafeBufferPointer { buffer in
            var start = 0
            // Bounds: start + length <= count, and last < length.
            while start + Self.length <= buffer.count {
                var last = Self.length - 1
                while last >= 0 && values[Int(buffer[start + last])] < 32 { last -= 1 }
                if last >= 0 {
                    start += last + 1
                    continue
                }
                let window = UnsafeBufferPointer(rebasing: buffer[start..<(start + Self.length)])
                if let digest = StorePath.Digest(text: window), candidates[digest] != nil { matches.append(digest) }
                start += 1
            }
        }
        found.formUnion(matches)
    }
}
