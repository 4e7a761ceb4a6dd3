// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds many fixed words in one pass over bytes, ASCII case aside: the automaton of Aho and Corasick (1975).
struct PatternMatcher: Sendable {
    /// 256 transitions for each state.
    private var next: [Int32]
    /// The patterns that end in a state, as bits.
    private var accepts: [UInt64]

    /// At most 64 patterns, each not empty.
    init(_ patterns: [String]) {
        next = Array(repeating: -1, count: 256)
        accepts = [0]
        for (number, pattern) in patterns.prefix(64).enumerated() {
            var state = 0
            for byte in pattern.utf8.map(PatternMatcher.folded) {
                let slot = state * 256 + Int(byte)
                if next[slot] < 0 {
                    next[slot] = Int32(accepts.count)
                    accepts.append(0)
                    next += Array(repeating: -1, count: 256)
                }
                state = Int(next[slot])
            }
            accepts[state] |= 1 << UInt64(number)
        }
        linkFailures()
    }

    /// Turns the tree into an automaton, breadth first.
    private mutating func linkFailures() {
        var failure = Array(repeating: 0, count: accepts.count)
        var queue: [Int] = []
        for byte in 0..<256 {
            let state = Int(next[byte])
            if state > 0 { queue.append(state) } else { next[byte] = 0 }
        }
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            accepts[state] |= accepts[failure[state]]
            for byte in 0..<256 {
                let (slot, fallback) = (state * 256 + byte, next[failure[state] * 256 + byte])
                if next[slot] < 0 {
                    next[slot] = fallback
                } else {
                    failure[Int(next[slot])] = Int(fallback)
                    queue.append(Int(next[slot]))
                }
            }
        }
    }

    /// The patterns found in `bytes`, as bits by their number.
    func matches(in bytes: ArraySlice<UInt8>) -> UInt64 {
        var (state, found) = (0, UInt64(0))
        for byte in bytes {
            state = Int(next[state * 256 + Int(PatternMatcher.folded(byte))])
            found |= accepts[state]
        }
        return found
    }

    private static func folded(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
}
