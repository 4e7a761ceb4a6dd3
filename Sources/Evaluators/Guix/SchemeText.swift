// SPDX-License-Identifier: GPL-3.0-or-later

/// A Scheme value as text that Guile reads back: nothing in a string can end it.
indirect enum SchemeText: CustomStringConvertible {
    case string(String)
    case number(Int)
    /// Written as it is; never made of anything that came from outside.
    case symbol(String)
    case list([SchemeText])
    case pair(String, SchemeText)
    case no

    static func strings(_ texts: some Sequence<String>) -> SchemeText { .list(texts.map { .string($0) }) }

    var description: String {
        switch self {
        case .string(let text):
            "\"" + text.replacing("\0", with: "").replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        case .number(let number): String(number)
        case .symbol(let name): name
        case .list(let items): "(" + items.map(\.description).joined(separator: " ") + ")"
        case .pair(let key, let value): "(\(key) . \(value))"
        case .no: "#f"
        }
    }
}
