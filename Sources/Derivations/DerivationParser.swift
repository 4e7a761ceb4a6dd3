// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads the `.drv` notation (ATerm) from bytes, in one pass.
///
/// Only what a store writes is accepted: no spaces, no escapes but the five that are needed, every character
/// that has one escaped, and UTF-8 throughout. So what was read prints as the same bytes.
struct DerivationParser: ~Copyable {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The store of the last path, and its bytes with a slash behind: nearly always that of the next path too.
    private var directory = StoreDirectory.guix
    private var directoryBytes = Array("/gnu/store/".utf8)

    /// What most inputs are used for; shared, so that it is made once.
    private static let onlyOut = ["out"]

    /// - Parameter bytes: valid for as long as the parser is used.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
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
        if skip("[\"out\"]") { return Self.onlyOut }
        return try list { parser throws(DerivationsError) in try parser.string() }
    }

    private mutating func list<Element>(
        of element: (inout DerivationParser) throws(DerivationsError) -> Element
    ) throws(DerivationsError) -> [Element] {
        try expect("[")
        if skip(UInt8(ascii: "]")) { return [] }
        var elements: [Element] = []
        elements.reserveCapacity(8)
        while true {
            elements.append(try element(&self))
            if skip(UInt8(ascii: "]")) { return elements }
            try expect(",")
        }
    }
}

extension DerivationParser {
    private mutating func optionalPath() throws(DerivationsError) -> StorePath? {
        if skip("\"\"") { return nil }
        return try path()
    }

    private mutating func path() throws(DerivationsError) -> StorePath {
        let start = position
        let content = try plainText()
        do {
            if !isInDirectory(content) { try change(to: content) }
            let name = UnsafeBufferPointer(rebasing: content.dropFirst(directoryBytes.count))
            return try StorePath(directory, baseName: name)
        } catch {
            throw .malformedDerivation(offset: start, expected: "a store path")
        }
    }

    private func isInDirectory(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard path.count > directoryBytes.count else { return false }
        for index in directoryBytes.indices where directoryBytes[index] != path[index] { return false }
        return true
    }

    private mutating func change(to path: UnsafeBufferPointer<UInt8>) throws(DerivationsError) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { throw malformed("a store path") }
        directory = try StoreDirectory(String(decoding: path[..<slash], as: UTF8.self))
        directoryBytes = Array(path[...slash])
    }

    private mutating func string() throws(DerivationsError) -> String {
        let start = position
        let quoted = try quoted()
        if !quoted.hasEscapes && quoted.isASCII { return String(decoding: quoted.content, as: UTF8.self) }
        let bytes = quoted.hasEscapes ? try unescaped(quoted.content, at: start + 1) : Array(quoted.content)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformedDerivation(offset: start, expected: "a text in UTF-8")
        }
        return text
    }

    /// A quoted text that needs no escapes.
    private mutating func plainText() throws(DerivationsError) -> UnsafeBufferPointer<UInt8> {
        let start = position
        let quoted = try quoted()
        guard !quoted.hasEscapes else {
            throw .malformedDerivation(offset: start + 1, expected: "a text without escapes")
        }
        return quoted.content
    }

    /// What stands between quotes, escapes as they are.
    private struct Quoted {
        let content: UnsafeBufferPointer<UInt8>
        let hasEscapes: Bool
        let isASCII: Bool
    }

    private mutating func quoted() throws(DerivationsError) -> Quoted {
        try expect("\"")
        var index = position
        var hasEscapes = false
        var seen: UInt64 = 0
        while index < bytes.count {
            if let start = bytes.baseAddress, index + 8 <= bytes.count {
                let block = UnsafeRawPointer(start + index).loadUnaligned(as: UInt64.self)
                if !Self.mayHoldSpecial(block) {
                    seen |= block
                    index += 8
                    continue
                }
            }
            let byte = bytes[index]
            seen |= UInt64(byte)
            if byte > UInt8(ascii: "\\") || (byte > UInt8(ascii: "\"") && byte < UInt8(ascii: "\\")) {
                index += 1
            } else if byte == UInt8(ascii: "\"") {
                let content = UnsafeBufferPointer(rebasing: bytes[position..<index])
                position = index + 1
                let isASCII = seen & 0x8080_8080_8080_8080 == 0
                return Quoted(content: content, hasEscapes: hasEscapes, isASCII: isASCII)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true  // What is escaped must be ASCII; 'unescaped' sees to it.
                index += 2
            } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t") {
                throw .malformedDerivation(offset: index, expected: "an escape for a line end or tabulator")
            } else {
                index += 1
            }
        }
        throw .malformedDerivation(offset: bytes.count, expected: "a closing quote")
    }

    /// Whether one of eight bytes may be a quote, a backslash or a control character; false only where none is.
    ///
    /// Source: S. E. Anderson, "Bit Twiddling Hacks", "Determine if a word has a zero byte", "… a byte less than n".
    private static func mayHoldSpecial(_ block: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = block ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = block ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let found =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | ((block &- ones &* 14) & ~block)
        return found & (ones &* 0x80) != 0
    }

    /// - Parameter start: the offset of `content`.
    private func unescaped(_ content: UnsafeBufferPointer<UInt8>, at start: Int) throws(DerivationsError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var index = 0
        while index < content.count {
            if content[index] == UInt8(ascii: "\\") {
                index += 1
                guard let character = Self.escaped(content[index]) else {
                    throw .malformedDerivation(offset: start + index, expected: "n, r, t, a quote or a backslash")
                }
                result.append(character)
            } else {
                result.append(content[index])
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
        guard skip(text) else { throw malformed("\"\(text)\"") }
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let start = text.utf8Start
        for index in 0..<count where bytes[position + index] != start[index] { return false }
        position += count
        return true
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
        self = try bytes.withUnsafeBufferPointer { buffer throws(DerivationsError) in
            var parser = DerivationParser(buffer)
            return try parser.parse()
        }
    }
}
