// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads Scheme data from bytes that nobody vouches for; nothing is evaluated.
///
/// Source of the syntax: the Revised⁷ Report, chapter 7.1, and the Guile manual, "Reader Extensions".
package struct SchemeReader {
    /// What a text may hold at most; the largest builder script of a whole Guix has less than a hundredth.
    package enum Limits {
        package static let bytes = 8 << 20
        package static let data = 1_000_000
        package static let depth = 400
    }

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private var count = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// All data of a text, in order.
    ///
    /// - Throws: `SchemeError` with the place of the first fault, or where a limit is passed.
    package static func read(_ bytes: [UInt8]) throws(SchemeError) -> [SchemeDatum] {
        guard bytes.count <= Limits.bytes else {
            throw SchemeError(offset: Limits.bytes, problem: "the text is longer than \(Limits.bytes) bytes")
        }
        var reader = SchemeReader(bytes)
        var data: [SchemeDatum] = []
        while let datum = try reader.next() { data.append(datum) }
        return data
    }

    /// The only datum of a text.
    package static func readOne(_ text: String) throws(SchemeError) -> SchemeDatum {
        let data = try read(Array(text.utf8))
        guard data.count == 1 else { throw SchemeError(offset: 0, problem: "expected one datum, found \(data.count)") }
        return data[0]
    }
}

// MARK: Blanks and comments

extension SchemeReader {
    private func fault(_ problem: String) -> SchemeError { SchemeError(offset: position, problem: problem) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func looking(at text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard position + length <= bytes.count else { return false }
        for index in 0..<length where bytes[position + index] != text.utf8Start[index] { return false }
        return true
    }

    private mutating func skipBlanks() throws(SchemeError) {
        while let byte = current {
            if byte == UInt8(ascii: " ") || (9...13).contains(byte) {
                position += 1
            } else if byte == UInt8(ascii: ";") {
                while let next = current, next != UInt8(ascii: "\n") { _ = next; position += 1 }
            } else if looking(at: "#;") {
                position += 2
                guard try next() != nil else { throw fault("a datum must follow #;") }
            } else if looking(at: "#|") {
                try skipBlock(open: "#|", close: "|#")
            } else if looking(at: "#!") && !isLetter(after: 2) {
                try skipBlock(open: "#!", close: "!#")
            } else {
                return
            }
        }
    }

    private func isLetter(after count: Int) -> Bool {
        position + count < bytes.count && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[position + count])
    }

    private mutating func skipBlock(open: StaticString, close: StaticString) throws(SchemeError) {
        let start = position
        var level = 0
        repeat {
            guard position < bytes.count else { throw SchemeError(offset: start, problem: "the comment never ends") }
            if looking(at: open) && (level == 0 || open.utf8Start[1] == UInt8(ascii: "|")) {
                level += 1
                position += 2
            } else if looking(at: close) {
                level -= 1
                position += 2
            } else {
                position += 1
            }
        } while level > 0
    }
}

// MARK: Data

extension SchemeReader {
    private mutating func next() throws(SchemeError) -> SchemeDatum? {
        try skipBlanks()
        guard let byte = current else { return nil }
        count += 1
        guard count <= Limits.data else { throw fault("there are more than \(Limits.data) data") }
        guard depth < Limits.depth else { throw fault("it is nested deeper than \(Limits.depth)") }
        depth += 1
        defer { depth -= 1 }
        switch byte {
        case UInt8(ascii: "("): return try list(until: UInt8(ascii: ")"))
        case UInt8(ascii: "["): return try list(until: UInt8(ascii: "]"))
        case UInt8(ascii: ")"), UInt8(ascii: "]"): throw fault("a parenthesis closes nothing")
        case UInt8(ascii: "'"): return try prefixed("quote", 1)
        case UInt8(ascii: "`"): return try prefixed("quasiquote", 1)
        case UInt8(ascii: ","):
            return looking(at: ",@") ? try prefixed("unquote-splicing", 2) : try prefixed("unquote", 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "#"): return try sharp()
        case UInt8(ascii: "|"): return .symbol(try barred())
        case _: return atom()
        }
    }

    private mutating func datum() throws(SchemeError) -> SchemeDatum {
        guard let datum = try next() else { throw fault("the text ends where a datum is due") }
        return datum
    }

    private mutating func prefixed(_ name: String, _ length: Int) throws(SchemeError) -> SchemeDatum {
        position += length
        return .list([.symbol(name), try datum()])
    }

    private mutating func list(until close: UInt8) throws(SchemeError) -> SchemeDatum {
        let start = position
        position += 1
        var items: [SchemeDatum] = []
        while true {
            try skipBlanks()
            guard let byte = current else {
                throw SchemeError(offset: start, problem: "the parenthesis is never closed")
            }
            if byte == close {
                position += 1
                return .list(items)
            }
            if byte == UInt8(ascii: "."), !items.isEmpty, position + 1 < bytes.count, Self.ends(bytes[position + 1]) {
                position += 1
                let tail = try datum()
                try skipBlanks()
                guard current == close else { throw fault("one datum only may follow the dot") }
                position += 1
                return .dotted(items, tail)
            }
            items.append(try datum())
        }
    }

    /// Whether a symbol or number cannot go on with this byte.
    private static func ends(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...32, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""),
            UInt8(ascii: ";"), UInt8(ascii: "'"):
            true
        case _: false
        }
    }

    private mutating func token() -> String {
        let start = position
        while let byte = current, !Self.ends(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func atom() -> SchemeDatum {
        let text = token()
        if text.isEmpty {  // A control character: taken as it is, so that the reader always gets on.
            position += 1
            return .symbol("")
        }
        if let value = Int(text) { return .integer(value) }
        return Double(text) == nil || text.contains(where: { "nia".contains($0) }) ? .symbol(text) : .number(text)
    }

    private mutating func sharp() throws(SchemeError) -> SchemeDatum {
        if looking(at: "#(") {
            position += 1
            return try vector()
        }
        if looking(at: "#vu8(") {
            position += 4
            return try vector()
        }
        if looking(at: "#:") {
            position += 2
            return .keyword(token())
        }
        if looking(at: "#\\") { return character() }
        for (mark, name, length) in Self.marks where looking(at: mark) { return try prefixed(name, length) }
        if looking(at: "#{") { return .symbol(try braced()) }
        let start = position
        switch token() {
        case "#t", "#true": return .boolean(true)
        case "#f", "#false": return .boolean(false)
        case let word where word.hasPrefix("#!"): return .unspecified
        case let word: throw SchemeError(offset: start, problem: "'\(word.prefix(40))' has no meaning here")
        }
    }

    /// Guix's marks around what is built, and Guile's for syntax.
    private static let marks: [(StaticString, String, Int)] = [
        ("#~", "gexp", 2), ("#$@", "ungexp-splicing", 3), ("#$", "ungexp", 2),
        ("#+@", "ungexp-native-splicing", 3), ("#+", "ungexp-native", 2), ("#'", "syntax", 2),
        ("#`", "quasisyntax", 2), ("#,@", "unsyntax-splicing", 3), ("#,", "unsyntax", 2),
    ]

    private mutating func vector() throws(SchemeError) -> SchemeDatum {
        guard case .list(let items) = try list(until: UInt8(ascii: ")")) else { throw fault("a vector has no dot") }
        return .vector(items)
    }

    private mutating func character() -> SchemeDatum {
        position += 2
        let start = position
        position = min(position + 1, bytes.count)
        while let byte = current, !Self.ends(byte) { position += 1 }
        return .character(String(decoding: bytes[start..<position], as: UTF8.self))
    }
}

// MARK: Strings and symbols between marks

extension SchemeReader {
    private mutating func string() throws(SchemeError) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") { try escape(into: &content) } else { content.append(byte) }
        }
        throw SchemeError(offset: start, problem: "the string never ends")
    }

    private mutating func escape(into content: inout [UInt8]) throws(SchemeError) {
        guard let letter = current else { throw fault("the string never ends") }
        position += 1
        switch letter {
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "r"): content.append(13)
        case UInt8(ascii: "a"): content.append(7)
        case UInt8(ascii: "b"): content.append(8)
        case UInt8(ascii: "f"): content.append(12)
        case UInt8(ascii: "v"): content.append(11)
        case UInt8(ascii: "0"): content.append(0)
        case UInt8(ascii: "x"): try scalar(digits: 2, orUntil: UInt8(ascii: ";"), into: &content)
        case UInt8(ascii: "u"): try scalar(digits: 4, orUntil: nil, into: &content)
        case UInt8(ascii: "U"): try scalar(digits: 6, orUntil: nil, into: &content)
        case UInt8(ascii: "\n"): while let byte = current, byte == 32 || byte == 9 { _ = byte; position += 1 }
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "|"), UInt8(ascii: "("): content.append(letter)
        case _: throw SchemeError(offset: position - 1, problem: "an escape that strings do not have")
        }
    }

    /// Guile's `\x41`, `\u0041`, `\U000041`, and the report's `\x41;`.
    private mutating func scalar(digits: Int, orUntil end: UInt8?, into content: inout [UInt8]) throws(SchemeError) {
        let start = position
        var stop = min(start + digits, bytes.count)
        if let end, let found = bytes[start..<min(start + 7, bytes.count)].firstIndex(of: end),
            bytes[start..<found].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        {
            stop = found
        }
        let text = String(decoding: bytes[start..<stop], as: UTF8.self)
        guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw SchemeError(offset: start, problem: "'\(text)' is no character's number")
        }
        position = stop < bytes.count && bytes[stop] == end ? stop + 1 : stop
        content += Array(String(Character(scalar)).utf8)
    }

    private mutating func barred() throws(SchemeError) -> String {
        try enclosed(from: 1, until: "|")
    }

    private mutating func braced() throws(SchemeError) -> String {
        try enclosed(from: 2, until: "}#")
    }

    private mutating func enclosed(from length: Int, until close: StaticString) throws(SchemeError) -> String {
        let start = position
        position += length
        let content = position
        while !looking(at: close) {
            guard position < bytes.count else { throw SchemeError(offset: start, problem: "the symbol never ends") }
            position += 1
        }
        defer { position += close.utf8CodeUnitCount }
        return String(decoding: bytes[content..<position], as: UTF8.self)
    }
}
