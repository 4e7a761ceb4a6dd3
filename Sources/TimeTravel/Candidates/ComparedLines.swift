// SPDX-License-Identifier: GPL-3.0-or-later

/// What a test expected and what it got, where each stands on a line of its own: Perl's Test and Test::More, Python's
/// doctest.
struct ComparedLines: Sendable {
    struct Pair: Equatable {
        var expected: [UInt8]
        var got: [UInt8]
    }

    private enum Label: String, CaseIterable {
        case expected = "expected:"
        case got = "got:"
    }

    /// The two belong together when they are at most this many lines apart.
    private static let reach = 4

    private var values: [Label: (text: [UInt8], line: Int)] = [:]
    /// Stood alone on its line: the next one has its value.
    private var awaited: Label?

    /// - Returns: the pair that this line completes, if it does.
    mutating func read(_ line: ArraySlice<UInt8>, number: Int) -> Pair? {
        if let label = awaited {
            awaited = nil
            return keep(label, ComparedLines.trimmed(line), number)
        }
        guard let (label, rest) = ComparedLines.labelled(line) else { return nil }
        let value = ComparedLines.trimmed(rest)
        guard value.isEmpty else { return keep(label, value, number) }
        awaited = label
        return nil
    }

    private mutating func keep(_ label: Label, _ text: ArraySlice<UInt8>, _ number: Int) -> Pair? {
        values = values.filter { number - $0.value.line <= Self.reach }
        values[label] = (Array(ComparedLines.unquoted(text)), number)
        guard let expected = values[.expected], let got = values[.got] else { return nil }
        values = [:]
        return Pair(expected: expected.text, got: got.text)
    }

    /// The label that is a word of its own in a line, and what follows it.
    private static func labelled(_ line: ArraySlice<UInt8>) -> (Label, ArraySlice<UInt8>)? {
        for label in Label.allCases {
            let word = Array(label.rawValue.utf8)
            var rest = line
            while rest.count >= word.count {
                let isWord = rest.startIndex == line.startIndex || !isLetter(line[rest.startIndex - 1])
                if isWord, rest.prefix(word.count).elementsEqual(word, by: { ($0 | 0x20) == ($1 | 0x20) }) {
                    return (label, rest.dropFirst(word.count))
                }
                rest = rest.dropFirst()
            }
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "#") }
    }

    /// What stands between quotation marks, where the text begins with one.
    private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let mark = text.first, mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") else { return text }
        let inner = text.dropFirst()
        return inner.firstIndex(of: mark).map { inner[..<$0] } ?? inner
    }
}

extension ComparedLines.Pair {
    /// Whether the two are alike but for years a century apart, or seconds that are.
    var isCenturyApart: Bool {
        let (left, right) = (Century.numbers(in: expected[...]), Century.numbers(in: got[...]))
        guard !left.isEmpty, left.count == right.count else { return false }
        let differing = zip(left, right).filter { $0 != $1 }
        return !differing.isEmpty && differing.allSatisfy { Century.separates($0, $1) }
    }

    /// A sentence for people.
    var text: String {
        "expected \(String(decoding: expected.prefix(100), as: UTF8.self)), got \(String(decoding: got.prefix(100), as: UTF8.self))"
    }
}
