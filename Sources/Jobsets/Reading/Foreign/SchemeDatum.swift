// SPDX-License-Identifier: GPL-3.0-or-later

/// A piece of Scheme as written, with its place; nothing of it is evaluated.
struct SchemeDatum: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        case symbol(String)
        case string(String)
        case number(Int)
        case boolean(Bool)
        case list([SchemeDatum])
        /// A list that ends in something else: `(a b . c)`.
        case dotted([SchemeDatum], SchemeTail)
    }

    let value: Value
    /// From 1.
    let line: Int
    let column: Int

    /// What stands after the dot.
    final class SchemeTail: Hashable, Sendable {
        let datum: SchemeDatum

        init(_ datum: SchemeDatum) { self.datum = datum }

        static func == (one: SchemeTail, other: SchemeTail) -> Bool { one.datum == other.datum }

        func hash(into hasher: inout Hasher) { hasher.combine(datum) }
    }

    var list: [SchemeDatum]? { if case .list(let items) = value { items } else { nil } }

    var symbol: String? { if case .symbol(let name) = value { name } else { nil } }

    /// A string, or a symbol: channel and jobset names are written either way.
    var word: String? {
        switch unquoted.value {
        case .string(let text), .symbol(let text): text
        case .number, .boolean, .list, .dotted: nil
        }
    }

    /// What follows a quote, or a quasiquote; itself where there is none.
    var unquoted: SchemeDatum {
        guard let items = list, items.count == 2, ["quote", "quasiquote"].contains(items[0].symbol) else { return self }
        return items[1]
    }

    /// The items of `(list a b)` or of a quoted list.
    var items: [SchemeDatum]? {
        if let list, list.first?.symbol == "list" { return Array(list.dropFirst()) }
        return unquoted == self ? nil : unquoted.list
    }

    /// The arguments of a form such as `(channel …)`.
    func arguments(of name: String) -> [SchemeDatum]? {
        guard let list, list.first?.symbol == name else { return nil }
        return Array(list.dropFirst())
    }

    /// As a message shows it.
    var shown: String {
        switch value {
        case .symbol(let name): "'\(name.prefix(60))'"
        case .string(let text): "\"\(text.prefix(60))\""
        case .number(let number): "\(number)"
        case .boolean(let flag): flag ? "#t" : "#f"
        case .list(let items): items.first?.symbol.map { "a form (\($0.prefix(60)) …)" } ?? "a list"
        case .dotted: "a pair"
        }
    }
}
