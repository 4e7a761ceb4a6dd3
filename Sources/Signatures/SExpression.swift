// SPDX-License-Identifier: GPL-3.0-or-later

/// An s-expression as keys and signatures of Guix are written in.
///
/// Source of the forms: R. Rivest, "S-Expressions" (1997), and what libgcrypt prints ("advanced").
package indirect enum SExpression: Hashable, Sendable {
    /// Words are data too: their bytes.
    case data([UInt8])
    case list([SExpression])

    package enum Limits {
        package static let bytes = 64 << 10
        package static let depth = 32
    }

    static func word(_ text: String) -> SExpression { .data(Array(text.utf8)) }

    /// The list of this name, here or anywhere within.
    func find(_ name: String) -> [SExpression]? {
        guard case .list(let items) = self else { return nil }
        if items.first == .word(name) { return Array(items.dropFirst()) }
        for item in items {
            if let found = item.find(name) { return found }
        }
        return nil
    }

    /// The bytes of the only datum of the list of this name.
    func datum(_ name: String) -> [UInt8]? {
        guard let found = find(name), found.count == 1, case .data(let bytes) = found[0] else { return nil }
        return bytes
    }
}

// MARK: Printing

extension SExpression: CustomStringConvertible {
    /// As libgcrypt prints it: a line for each list that has lists in it, data as words or between `#`.
    package var description: String { printed(depth: 0) + "\n" }

    private func printed(depth: Int) -> String {
        switch self {
        case .data(let bytes): return Self.printed(bytes)
        case .list(let items):
            let lists = items.contains { if case .list = $0 { true } else { false } }
            guard lists else { return "(" + items.map { $0.printed(depth: 0) }.joined(separator: " ") + ")" }
            let indent = "\n" + String(repeating: " ", count: depth + 1)
            var text = "("
            for item in items {
                if case .data = item {
                    text += item.printed(depth: 0) + " "
                } else {
                    text += indent + item.printed(depth: depth + 1)
                }
            }
            return text + indent + ")"
        }
    }

    private static func printed(_ bytes: [UInt8]) -> String {
        let isWord = !bytes.isEmpty && bytes.allSatisfy { isWordByte($0) } && !(48...57).contains(bytes[0])
        if isWord { return String(decoding: bytes, as: UTF8.self) }
        let digits = Array("0123456789ABCDEF")
        return "#" + bytes.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined() + "#"
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
        case _: "-./_:*+=".utf8.contains(byte)
        }
    }
}

// MARK: Reading

extension SExpression {
    /// - Throws: `SignatureError.malformed` with the place of the first fault.
    package init(parsing text: some Collection<UInt8>) throws(SignatureError) {
        guard text.count <= Limits.bytes else { throw .malformed(offset: Limits.bytes, "it is too long") }
        var reader = SExpressionReader(Array(text))
        self = try reader.read()
    }

    package init(parsing text: String) throws(SignatureError) {
        try self.init(parsing: text.utf8)
    }
}

private struct SExpressionReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() throws(SignatureError) -> SExpression {
        let expression = try next(depth: 0)
        skipBlanks()
        guard position == bytes.count || bytes[position...].allSatisfy({ $0 == 0 }) else {
            throw fault("more follows its end")
        }
        return expression
    }

    private func fault(_ problem: String) -> SignatureError { .malformed(offset: position, problem) }

    private mutating func skipBlanks() {
        while position < bytes.count, bytes[position] == 32 || (9...13).contains(bytes[position]) { position += 1 }
    }

    private mutating func next(depth: Int) throws(SignatureError) -> SExpression {
        skipBlanks()
        guard depth <= SExpression.Limits.depth else { throw fault("it is nested too deep") }
        guard position < bytes.count else { throw fault("it ends too early") }
        switch bytes[position] {
        case UInt8(ascii: "("):
            position += 1
            var items: [SExpression] = []
            while true {
                skipBlanks()
                guard position < bytes.count else { throw fault("it ends too early") }
                if bytes[position] == UInt8(ascii: ")") {
                    position += 1
                    return .list(items)
                }
                items.append(try next(depth: depth + 1))
            }
        case UInt8(ascii: "#"): return .data(try hexadecimal())
        case UInt8(ascii: "\""): return .data(try quoted())
        case 48...57: return .data(try counted())
        case _:
            let start = position
            while position < bytes.count, SExpression.isWordByte(bytes[position]) { position += 1 }
            guard position > start else { throw fault("a byte that means nothing here") }
            return .data(Array(bytes[start..<position]))
        }
    }

    private mutating func hexadecimal() throws(SignatureError) -> [UInt8] {
        position += 1
        var digits: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "#") {
            if let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue {
                digits.append(UInt8(digit))
            } else if bytes[position] > 32 {
                throw fault("no digit of base 16")
            }
            position += 1
        }
        guard position < bytes.count, digits.count.isMultiple(of: 2) else { throw fault("half a byte in base 16") }
        position += 1
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private mutating func quoted() throws(SignatureError) -> [UInt8] {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] != UInt8(ascii: "\\") else { throw fault("escapes are not used here") }
            position += 1
        }
        guard position < bytes.count else { throw fault("it ends too early") }
        defer { position += 1 }
        return Array(bytes[start..<position])
    }

    /// The canonical form, `5:bytes`.
    private mutating func counted() throws(SignatureError) -> [UInt8] {
        var count = 0
        while position < bytes.count, (48...57).contains(bytes[position]), count < SExpression.Limits.bytes {
            count = count * 10 + Int(bytes[position] - 48)
            position += 1
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":"), position + count < bytes.count else {
            throw fault("a length that does not fit")
        }
        defer { position += 1 + count }
        return Array(bytes[(position + 1)..<(position + 1 + count)])
    }
}
