// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads the Scheme of a configuration file: lists, symbols, strings, whole numbers, booleans, quotes and comments.
///
/// The file may be hostile: sizes and depth are bounded, and nothing is evaluated. Source of the notation: R7RS, chapter 7.
struct SchemeText {
    static let sizeLimit = 256 << 10
    static let depthLimit = 64

    struct Fault: Error {
        let line: Int
        let column: Int
        let found: String
        let expected: String
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private var column = 1

    private init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    /// Everything that the text holds, in its order.
    static func read(_ text: String) throws(Fault) -> [SchemeDatum] {
        guard text.utf8.count <= sizeLimit else {
            throw Fault(line: 1, column: 1, found: "\(text.utf8.count) bytes", expected: "at most \(sizeLimit)")
        }
        var reader = SchemeText(text)
        var data: [SchemeDatum] = []
        while try reader.skipBlank() { data.append(try reader.datum(depth: 0)) }
        return data
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func advance() {
        guard let next else { return }
        position += 1
        column += 1
        if next == "\n" { (line, column) = (line + 1, 1) }
    }

    private func fault(_ found: String, _ expected: String) -> Fault {
        Fault(line: line, column: column, found: found, expected: expected)
    }

    /// Goes on to the next datum; false at the end.
    private mutating func skipBlank() throws(Fault) -> Bool {
        while let scalar = next {
            if scalar.properties.isWhitespace {
                advance()
            } else if scalar == ";" {
                while let next, next != "\n" { advance() }
            } else if scalar == "#", position + 1 < scalars.count, scalars[position + 1] == "|" {
                try skipBlockComment()
            } else {
                return true
            }
        }
        return false
    }

    private mutating func skipBlockComment() throws(Fault) {
        let start = fault("a comment without an end", "'|#'")
        var depth = 0
        while let scalar = next {
            let following = position + 1 < scalars.count ? scalars[position + 1] : nil
            if scalar == "#", following == "|" { depth += 1 }
            if scalar == "|", following == "#" { depth -= 1 }
            if (scalar == "#" && following == "|") || (scalar == "|" && following == "#") { advance() }
            advance()
            if depth == 0 { return }
        }
        throw start
    }

    private mutating func datum(depth: Int) throws(Fault) -> SchemeDatum {
        guard depth < Self.depthLimit else {
            throw fault("more than \(Self.depthLimit) levels", "a configuration, which has fewer")
        }
        guard try skipBlank(), let first = next else { throw fault("the end of the file", "a value") }
        let (line, column) = (line, column)
        let value: SchemeDatum.Value
        switch first {
        case "(", "[": value = try list(depth: depth)
        case ")", "]": throw fault("'\(first)' without its beginning", "a value")
        case "'", "`", ",":
            advance()
            if first == ",", next == "@" { advance() }
            let name = first == "'" ? "quote" : first == "`" ? "quasiquote" : "unquote"
            let quoted = try datum(depth: depth + 1)
            value = .list([SchemeDatum(value: .symbol(name), line: line, column: column), quoted])
        case "\"": value = .string(try string())
        default: value = try word()
        }
        return SchemeDatum(value: value, line: line, column: column)
    }

    private mutating func list(depth: Int) throws(Fault) -> SchemeDatum.Value {
        let start = fault("a list without an end", "')'")
        let end: Unicode.Scalar = next == "[" ? "]" : ")"
        advance()
        var items: [SchemeDatum] = []
        while try skipBlank() {
            if next == end {
                advance()
                return .list(items)
            }
            if next == ".", position + 1 < scalars.count, scalars[position + 1].properties.isWhitespace, !items.isEmpty
            {
                advance()
                let tail = try datum(depth: depth + 1)
                guard try skipBlank(), next == end else { throw fault("more than one value after a dot", "')'") }
                advance()
                // (a . (b c)) is (a b c).
                if let more = tail.list { return .list(items + more) }
                return .dotted(items, SchemeDatum.SchemeTail(tail))
            }
            items.append(try datum(depth: depth + 1))
        }
        throw start
    }

    private mutating func string() throws(Fault) -> String {
        let start = fault("a string without an end", "'\"'")
        advance()
        var text = String.UnicodeScalarView()
        while let scalar = next {
            advance()
            switch scalar {
            case "\"": return String(text)
            case "\\":
                guard let escaped = next else { throw start }
                advance()
                switch escaped {
                case "n": text.append("\n")
                case "t": text.append("\t")
                case "\\", "\"": text.append(escaped)
                case "\n": while let blank = next, blank == " " || blank == "\t" { advance() }
                default: throw fault("'\\\(escaped)' in a string", "one of \\n, \\t, \\\\ and \\\"")
                }
            default: text.append(scalar)
            }
        }
        throw start
    }

    private mutating func word() throws(Fault) -> SchemeDatum.Value {
        let start = position
        while let scalar = next, !scalar.properties.isWhitespace, !"()[]\";'`,".unicodeScalars.contains(scalar) {
            advance()
        }
        let text = String(String.UnicodeScalarView(scalars[start..<position]))
        switch text {
        case "#t", "#true": return .boolean(true)
        case "#f", "#false": return .boolean(false)
        case "#:": throw fault("'#:' and nothing", "a keyword")
        default: break
        }
        if text.hasPrefix("#"), !text.hasPrefix("#:") {
            throw fault("\"\(text.prefix(40))\"", "a list, symbol, string, number, #t or #f")
        }
        return Int(text).map { .number($0) } ?? .symbol(text)
    }
}
