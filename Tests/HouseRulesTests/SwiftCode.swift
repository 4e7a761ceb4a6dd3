// SPDX-License-Identifier: GPL-3.0-or-later

/// Swift source with the insides of comments and string literals blanked, line by line as it was.
///
/// It follows the grammar as far as the house rules need: nested comments, raw and multi-line strings. What stands in an
/// interpolation counts as part of its string.
struct SwiftCode {
    private(set) var lines: [Line] = []
    private var blanked: [UInt8] = []
    private let source: [UInt8]
    private var place = 0
    private var lineNumber = 0
    private var commented: Set<Int> = []

    struct Line {
        let bytes: ArraySlice<UInt8>
        var text: String { String(decoding: bytes, as: UTF8.self) }

        func contains(_ needle: [UInt8]) -> Bool {
            guard let first = needle.first else { return true }
            return bytes.indices.contains { bytes[$0] == first && bytes[$0...].starts(with: needle) }
        }
    }

    init(_ text: String) {
        source = Array(text.utf8)
        blanked.reserveCapacity(source.count)
        while place < source.count { step() }
        lines = blanked.split(separator: newline, omittingEmptySubsequences: false).map(Line.init)
    }

    /// Whether a `//` comment stands on the line or within the six above it.
    func hasComment(near line: Int) -> Bool { !commented.isDisjoint(with: max(0, line - 6)...line) }

    private let newline = UInt8(ascii: "\n")

    private func at(_ start: Int, _ first: UInt8, _ second: UInt8) -> Bool {
        start + 1 < source.count && source[start] == first && source[start + 1] == second
    }

    private func at(_ start: Int, _ word: [UInt8]) -> Bool {
        start < source.count && source[start] == word[0] && source[start...].starts(with: word)
    }

    /// Copies `count` bytes, or blanks them.
    private mutating func take(_ count: Int, blank: Bool) {
        for byte in source[place..<min(place + count, source.count)] {
            if byte == newline { lineNumber += 1 }
            blanked.append(blank && byte != newline ? UInt8(ascii: " ") : byte)
        }
        place = min(place + count, source.count)
    }

    private mutating func step() {
        let (slash, star, hash, quote) = (UInt8(ascii: "/"), UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: "\""))
        switch source[place] {
        case slash where at(place, slash, slash):
            commented.insert(lineNumber)
            take((source[place...].firstIndex(of: newline) ?? source.count) - place, blank: true)
        case slash where at(place, slash, star):
            blockComment(slash, star)
        case hash, quote:
            let hashes = source[place...].prefix { $0 == hash }.count
            if at(place + hashes, [quote]) { string(hashes: hashes) } else { take(max(1, hashes), blank: false) }
        default:
            take(1, blank: false)
        }
    }

    private mutating func blockComment(_ slash: UInt8, _ star: UInt8) {
        var depth = 0
        repeat {
            if at(place, slash, star) {
                depth += 1
                take(2, blank: true)
            } else if at(place, star, slash) {
                depth -= 1
                take(2, blank: true)
            } else {
                take(1, blank: true)
            }
        } while depth > 0 && place < source.count
    }

    private mutating func string(hashes: Int) {
        let marks = Array(repeating: UInt8(ascii: "#"), count: hashes)
        let quote = Array((at(place + hashes, Array("\"\"\"".utf8)) ? "\"\"\"" : "\"").utf8)
        let (escape, end) = ([UInt8(ascii: "\\")] + marks, quote + marks)
        take(hashes + quote.count, blank: false)
        while place < source.count {
            if at(place, escape) {
                take(escape.count + 1, blank: true)
            } else if at(place, end) {
                take(end.count, blank: false)
                return
            } else if quote.count == 1, source[place] == newline {
                return
            } else {
                take(1, blank: true)
            }
        }
    }
}
