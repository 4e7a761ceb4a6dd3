// SPDX-License-Identifier: GPL-3.0-or-later

/// One datum of Scheme, as `SchemeReader` reads it.
package indirect enum SchemeDatum: Hashable, Sendable {
    case symbol(String)
    /// `#:name`, without the mark.
    case keyword(String)
    case string(String)
    case boolean(Bool)
    case integer(Int)
    /// A number that is no small integer, as it was written.
    case number(String)
    case character(String)
    case list([SchemeDatum])
    /// `(a b . c)`.
    case dotted([SchemeDatum], SchemeDatum)
    case vector([SchemeDatum])
    /// `#<unspecified>` and the like, and `#!default`.
    case unspecified

    /// Whether it has no parts.
    package var isAtom: Bool {
        switch self {
        case .symbol, .keyword, .string, .boolean, .integer, .number, .character, .unspecified: true
        case .list, .dotted, .vector: false
        }
    }

    /// The strings of a list of nothing but strings.
    package var strings: [String]? {
        guard case .list(let items) = self else { return nil }
        var strings: [String] = []
        for item in items {
            guard case .string(let text) = item else { return nil }
            strings.append(text)
        }
        return strings
    }
}

extension SchemeDatum: CustomStringConvertible {
    /// As `write` prints it.
    package var description: String {
        switch self {
        case .symbol(let name): name
        case .keyword(let name): "#:" + name
        case .string(let text): Self.written(text)
        case .boolean(let value): value ? "#t" : "#f"
        case .integer(let value): String(value)
        case .number(let text): text
        case .character(let name): "#\\" + name
        case .list(let items): "(" + items.map(\.description).joined(separator: " ") + ")"
        case .dotted(let items, let tail): "(" + items.map(\.description).joined(separator: " ") + " . \(tail))"
        case .vector(let items): "#(" + items.map(\.description).joined(separator: " ") + ")"
        case .unspecified: "#!unspecified"
        }
    }

    /// A string as Guile's `write` has it, which is what derivations of Guix hold.
    package static func written(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// A text that is not Scheme as builder scripts are written in it.
package struct SchemeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes before the wrong one.
    package let offset: Int
    package let problem: String

    package var description: String { "at byte \(offset): \(problem)" }
}
