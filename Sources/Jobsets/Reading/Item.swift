// SPDX-License-Identifier: GPL-3.0-or-later

import Yams

/// A value of a jobset file with the key that leads to it; its readers note a fault and give nil when it is not as asked.
struct Item {
    let node: Node
    let key: String
    let faults: FaultList

    /// Notes a fault at this item. Always nil, to be returned by the reader that calls it.
    @discardableResult
    func fault<Value>(_ expected: String) -> Value? {
        faults.add(
            line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, key: key, found: found, expected: expected)
        return nil
    }

    private var found: String {
        switch node {
        case .scalar(let scalar):
            if isNothing { return "nothing" }
            let short = scalar.string.prefix(80)
            let printable = String(String.UnicodeScalarView(short.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
            return "\"\(printable)\(short.count < scalar.string.count ? "…" : "")\""
        case .mapping: return "keys and values"
        case .sequence: return "a list"
        case .alias: return "an alias"
        }
    }

    private var isNothing: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    var isList: Bool {
        if case .sequence = node { true } else { false }
    }

    var isMapping: Bool {
        if case .mapping = node { true } else { false }
    }

    /// The text of a scalar that is not null.
    var scalar: String? {
        guard case .scalar(let scalar) = node, !isNothing else { return nil }
        return scalar.string
    }
}

extension Item {
    /// Text for which `isGood` holds, without control characters and of at most 4,096 bytes.
    ///
    /// The line end that YAML's block scalars (`>`, `|`) leave behind is dropped.
    func text(_ expected: String, where isGood: (String) -> Bool = { _ in true }) -> String? {
        guard let text = scalar.map({ $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }), text.utf8.count <= 4_096,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }), isGood(text)
        else { return fault(expected) }
        return text
    }

    func value<Form: TextForm>(_ form: Form.Type = Form.self) -> Form? {
        do {
            return try Form(text: scalar ?? "")
        } catch {
            return fault(error.expected)
        }
    }

    func span(_ range: ClosedRange<TimeSpan>) -> TimeSpan? {
        guard let span: TimeSpan = value() else { return nil }
        return range.contains(span) ? span : fault("from \(range.lowerBound) to \(range.upperBound)")
    }

    func size(_ range: ClosedRange<ByteCount>) -> ByteCount? {
        guard let size: ByteCount = value() else { return nil }
        return range.contains(size) ? size : fault("from \(range.lowerBound) to \(range.upperBound)")
    }

    func integer(_ range: ClosedRange<Int>) -> Int? {
        guard let text = scalar, let number = Int(text), range.contains(number) else {
            return fault("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag() -> Bool? {
        switch scalar {
        case "true": true
        case "false": false
        default: fault("true or false")
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type = Choice.self) -> Choice?
    where Choice.RawValue == String {
        if let text = scalar, let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let near = scalar.flatMap { nearest(to: $0, among: names) }
        return fault("one of \(names.joined(separator: ", "))" + (near.map { " (did you mean '\($0)'?)" } ?? ""))
    }

    /// What `read` makes of each entry of a list; nil when any entry is wrong.
    func list<Element>(of what: String, count: ClosedRange<Int>, _ read: (Item) -> Element?) -> [Element]? {
        guard case .sequence(let nodes) = node, count.contains(nodes.count) else {
            return fault("a list of \(count.lowerBound) to \(count.upperBound) \(what)")
        }
        let elements = nodes.enumerated().map { index, node in
            read(Item(node: node, key: "\(key)[\(index)]", faults: faults))
        }
        let good = elements.compactMap { $0 }
        return good.count == elements.count ? good : nil
    }

    /// What `read` makes of each value of a mapping whose keys are free; nil when any is wrong.
    func map<Value>(of what: String, count: ClosedRange<Int>, _ read: (Item) -> Value?) -> [String: Value]? {
        guard case .mapping(let pairs) = node, count.contains(pairs.count) else {
            return fault("\(count.lowerBound) to \(count.upperBound) \(what), each with a value")
        }
        var values: [String: Value] = [:]
        for (keyNode, value) in pairs {
            let name = Item(node: keyNode, key: key, faults: faults).text("a name") { !$0.isEmpty } ?? ""
            if let value = read(Item(node: value, key: "\(key).\(name)", faults: faults)) { values[name] = value }
        }
        return values.count == pairs.count && values[""] == nil ? values : nil
    }

    func fields(_ keys: [String]) -> Fields? { Fields(self, keys: keys) }
}
