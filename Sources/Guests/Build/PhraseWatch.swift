// SPDX-License-Identifier: GPL-3.0-or-later

/// Looks for a phrase in bytes that come in pieces.
struct PhraseWatch {
    private let phrase: [UInt8]
    private var matched = 0
    private(set) var wasSeen = false
    /// How much of the phrase still fits after a mismatch at each place (Knuth, Morris and Pratt, 1977).
    private let fallback: [Int]

    init(_ phrase: StaticString) {
        self.phrase = phrase.withUTF8Buffer { Array($0) }
        var fallback = [Int](repeating: 0, count: self.phrase.count)
        var length = 0
        for index in self.phrase.indices.dropFirst() {
            while length > 0 && self.phrase[index] != self.phrase[length] { length = fallback[length - 1] }
            if self.phrase[index] == self.phrase[length] { length += 1 }
            fallback[index] = length
        }
        self.fallback = fallback
    }

    mutating func look(at bytes: [UInt8]) {
        if wasSeen { return }
        for byte in bytes {
            while matched > 0 && phrase[matched] != byte { matched = fallback[matched - 1] }
            if phrase[matched] == byte { matched += 1 }
            if matched == phrase.count {
                wasSeen = true
                return
            }
        }
    }
}
