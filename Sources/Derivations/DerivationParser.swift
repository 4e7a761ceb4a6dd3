// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads the `.drv` notation (ATerm) from bytes, in one pass.
///
/// Only what a store writes is accepted: no spaces, no escapes but the five that are needed, every character
/// that has one escaped, and UTF-8 throughout. So what was read prints as the same bytes.
struct DerivationParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws(DerivationsError) -> Derivation {
        try expect("Derive(")
        let outputs = try list { parser throws(DerivationsError) in try parser.output() }
        try expect(",")
        let inputs = try list { parser throws(DerivationsError) in try parser.input() }
        try expect(",")
        let sources = try list { parser throws(DerivationsError) in try parser.path() }
        try expect(",")
        let system = try string()
        try expect(",")
        let builder = try string()
        try expect(",")
        let arguments = try strings()
        try expect(",")
        let environment = try list { parser throws(DerivationsError) in try parser.variable() }
        try expect(")")
        guard position == bytes.count else { throw malformed("the end") }
        return Derivation(
            outputs: outputs, inputDerivations: inputs, inputSources: sources, system: system, builder: builder,
            arguments: arguments, environment: environment)
    }

    private mutating func output() throws(DerivationsError) -> DerivationOutput {
        try expect("(")
        let name = try string()
        try expect(",")
        let path = try optionalPath()
        try expect(",")
        let algorithm = try string()
        try expect(",")
        let hash = try string()
        try expect(")")
        return DerivationOutput(name: name, path: path, hashAlgorithm: algorithm, hash: hash)
    }

    private mutating func input() throws(DerivationsError) -> Derivation.Input {
        try expect("(")
        let path = try path()
        try expect(",")
        let outputs = try strings()
        try expect(")")
        return Derivation.Input(path: path, outputs: outputs)
    }

    private mutating func variable() throws(DerivationsError) -> Derivation.Variable {
        try expect("(")
        let name = try string()
        try expect(",")
        let value = try string()
        try expect(")")
        return Derivation.Variable(name: name, value: value)
    }

    private mutating func strings() throws(DerivationsError) -> [String] {
        try list { parser throws(DerivationsError) in try parser.string() }
    }

    private mutating func list<Element>(
        of element: (inout DerivationParser) throws(DerivationsError) -> Element
    ) throws(DerivationsError) -> [Element] {
        try expect("[")
        var elements: [Element] = []
        if skip(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try element(&self))
            if skip(UInt8(ascii: "]")) { return elements }
            try expect(",")
        }
    }
}

extension DerivationParser {
    private mutating func optionalPath() throws(DerivationsError) -> StorePath? {
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\""),
            bytes[position + 1] == UInt8(ascii: "\"")
        else { return try path() }
        position += 2
        return nil
    }

    private mutating func path() throws(DerivationsError) -> StorePath {
        let start = position
        let content = try plainRange()
        do {
            return try StorePath(parsing: bytes[content])
        } catch {
            throw .malformedDerivation(offset: start, expected: "a store path")
        }
    }

    private mutating func string() throws(DerivationsError) -> String {
        let start = position
        try expect("\"")
        let (end, hasEscapes) = try closingQuote()
        let content = position..<end
        position = end + 1
        let text: String? =
            hasEscapes
            ? String(validating: try unescaped(content), as: UTF8.self)
            : String(validating: bytes[content], as: UTF8.self)
        guard let text else { throw .malformedDerivation(offset: start, expected: "a text in UTF-8") }
        return text
    }

    /// A quoted text that needs no escapes.
    private mutating func plainRange() throws(DerivationsError) -> Range<Int> {
        try expect("\"")
        let (end, hasEscapes) = try closingQuote()
        guard !hasEscapes else { throw malformed("a text without escapes") }
        defer { position = end + 1 }
        return position..<end
    }

    /// Finds the quote that ends the text that starts here.
    private func closingQuote() throws(DerivationsError) -> (end: Int, hasEscapes: Bool) {
        let start = position
        return try bytes.withUnsafeBufferPointer { buffer throws(DerivationsError) in
            var index = start
            var hasEscapes = false
            while index < buffer.count {
                let byte = buffer[index]
                if byte == UInt8(ascii: "\"") { return (index, hasEscapes) }
                if byte == UInt8(ascii: "\\") {
                    hasEscapes = true
                    index += 2
                } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t") {
                    throw .malformedDerivation(offset: index, expected: "an escape for a line end or tabulator")
                } else {
                    index += 1
                }
            }
            throw .malformedDerivation(offset: buffer.count, expected: "a closing quote")
        }
    }

    private func unescaped(_ range: Range<Int>) throws(DerivationsError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 1
                guard let character = Self.escaped(bytes[index]) else {
                    throw .malformedDerivation(offset: index, expected: "n, r, t, a quote or a backslash")
                }
                result.append(character)
            } else {
                result.append(bytes[index])
            }
            index += 1
        }
        return result
    }

    /// What a backslash and `letter` stand for.
    private static func escaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "n"): UInt8(ascii: "\n")
        case UInt8(ascii: "r"): UInt8(ascii: "\r")
        case UInt8(ascii: "t"): UInt8(ascii: "\t")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter
        default: nil
        }
    }

    private mutating func expect(_ text: StaticString) throws(DerivationsError) {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw malformed("\"\(text)\"") }
        let start = text.utf8Start
        for index in 0..<count where bytes[position + index] != start[index] { throw malformed("\"\(text)\"") }
        position += count
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func malformed(_ expected: String) -> DerivationsError {
        .malformedDerivation(offset: position, expected: expected)
    }
}

extension Derivation {
    /// Largest `.drv` that is read, in bytes; the largest of a whole Guix has less than a hundredth of it.
    package static let largestFile = 64 << 20

    /// Reads a `.drv` file's bytes.
    ///
    /// - Throws: `DerivationsError.malformedDerivation` with the offset of the first wrong byte.
    package init(parsing bytes: [UInt8]) throws(DerivationsError) {
        guard bytes.count <= Self.largestFile else {
            throw .malformedDerivation(offset: Self.largestFile, expected: "the end")
        }
        var parser = DerivationParser(bytes)
        self = try parser.parse()
    }
}
