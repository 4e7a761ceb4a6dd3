// SPDX-License-Identifier: GPL-3.0-or-later

/// Procedures without effects that builder scripts use to put addresses together.
///
/// Nothing they make is large or nested deeper than what the script itself holds, so that no script can fill memory.
enum ScriptPrimitives {
    private static let longestText = 64 << 10
    private static let longestList = 10_000

    /// - Returns: nil where `name` is none of them; `.unknown` where an argument is not known or does not fit.
    static func apply(_ name: String, _ values: [ScriptValue], environment: [String: String]) -> ScriptValue? {
        text(name, values, environment) ?? list(name, values) ?? test(name, values)
    }

    private static func text(_ name: String, _ values: [ScriptValue], _ environment: [String: String]) -> ScriptValue? {
        let strings = values.compactMap(\.string)
        let known = strings.count == values.count ? strings : []
        switch name {
        case "getenv":
            return known.first.map { variable in
                environment[variable].map { .datum(.string($0)) } ?? .datum(.boolean(false))
            } ?? .unknown
        case "string-append": return known.count == values.count ? string(known.joined()) : .unknown
        case "string-join":
            guard let parts = values.first.flatMap({ $0.list.flatMap { SchemeDatum.list($0).strings } }) else {
                return .unknown
            }
            return string(parts.joined(separator: values.count > 1 ? values[1].string ?? " " : " "))
        case "dirname": return known.first.map { string(directory($0)) } ?? .unknown
        case "basename":
            return known.first.map { string($0.split(separator: "/").last.map(String.init) ?? $0) } ?? .unknown
        case "string->number": return known.first.flatMap { Int($0) }.map { .datum(.integer($0)) } ?? .unknown
        case "number->string":
            if case .datum(.integer(let number))? = values.first { return string(String(number)) }
            return .unknown
        case "symbol->string":
            if case .datum(.symbol(let symbol))? = values.first { return string(symbol) }
            return .unknown
        case "string->symbol": return known.first.map { .datum(.symbol($0)) } ?? .unknown
        case "call-with-input-string", "with-input-from-string":
            guard let text = values.first?.string, let datum = try? SchemeReader.readOne(text) else { return .unknown }
            return .datum(datum)
        case _: return nil
        }
    }

    private static func list(_ name: String, _ values: [ScriptValue]) -> ScriptValue? {
        switch name {
        case "list":
            let data = values.compactMap { if case .datum(let datum) = $0 { datum } else { nil } }
            return data.count == values.count ? flat(data) : .unknown
        case "append":
            let lists = values.compactMap(\.list)
            return lists.count == values.count ? flat(lists.flatMap(\.self)) : .unknown
        case "car", "first": return values.first?.list?.first.map { .datum($0) } ?? .unknown
        case "cdr":
            guard let items = values.first?.list, !items.isEmpty else { return .unknown }
            return .datum(.list(Array(items.dropFirst())))
        case _: return nil
        }
    }

    private static func test(_ name: String, _ values: [ScriptValue]) -> ScriptValue? {
        let strings = values.compactMap(\.string)
        switch name {
        case "not": return values.first?.truth.map { .datum(.boolean(!$0)) } ?? .unknown
        case "string-suffix?", "string-prefix?":
            guard strings.count == 2, values.count == 2 else { return .unknown }
            let holds = name == "string-suffix?" ? strings[1].hasSuffix(strings[0]) : strings[1].hasPrefix(strings[0])
            return .datum(.boolean(holds))
        case "equal?", "eq?", "eqv?", "string=?":
            guard values.count == 2, case .datum(let one) = values[0], case .datum(let other) = values[1], one.isAtom,
                other.isAtom
            else { return .unknown }
            return .datum(.boolean(one == other))
        case "null?": return values.first?.list.map { .datum(.boolean($0.isEmpty)) } ?? .unknown
        case "string?":
            guard case .datum(let datum)? = values.first else { return .unknown }
            if case .string = datum { return .datum(.boolean(true)) }
            return .datum(.boolean(false))
        case _: return nil
        }
    }

    private static func string(_ text: String) -> ScriptValue {
        text.utf8.count <= longestText ? .datum(.string(text)) : .unknown
    }

    /// A list of data that are no lists themselves.
    static func flat(_ items: [SchemeDatum]) -> ScriptValue {
        items.count <= longestList && items.allSatisfy(\.isAtom) ? .datum(.list(items)) : .unknown
    }

    /// As `dirname`(3): without the last part and the slashes around it.
    static func directory(_ path: String) -> String {
        let trimmed = path.withoutTrailing("/")
        guard let slash = trimmed.lastIndex(of: "/") else { return trimmed.isEmpty && path.hasPrefix("/") ? "/" : "." }
        let parent = trimmed[..<slash].withoutTrailing("/")
        return parent.isEmpty ? "/" : String(parent)
    }
}

extension StringProtocol {
    fileprivate func withoutTrailing(_ character: Character) -> SubSequence {
        var rest = self[...]
        while rest.last == character { rest = rest.dropLast() }
        return rest
    }
}
