// SPDX-License-Identifier: GPL-3.0-or-later

import Yams

/// The keys and values of one mapping; keys it should not have are noted as faults at once.
struct Fields {
    let item: Item
    private let values: [String: Item]

    init?(_ item: Item, keys: [String]) {
        guard case .mapping(let pairs) = item.node else {
            item.fault("the keys \(keys.joined(separator: ", "))") as Void?
            return nil
        }
        var values: [String: Item] = [:]
        for (key, value) in pairs {
            let name = key.scalar?.string ?? ""
            let path = item.key.isEmpty ? name : "\(item.key).\(name)"
            if keys.contains(name) {
                values[name] = Item(node: value, key: path, faults: item.faults)
            } else {
                Fields.unknown(Item(node: key, key: item.key, faults: item.faults), name: name, keys: keys)
            }
        }
        self.item = item
        self.values = values
    }

    private static func unknown(_ key: Item, name: String, keys: [String]) {
        let near = nearest(to: name, among: keys).map { "'\($0)', or another of " } ?? "one of "
        key.faults.add(
            line: key.node.mark?.line ?? 1, column: key.node.mark?.column ?? 1, key: key.key,
            found: name.isEmpty ? "a key that is not a word" : "the unknown key '\(name.prefix(80))'",
            expected: near + keys.joined(separator: ", "))
    }

    func has(_ key: String) -> Bool { values[key] != nil }

    /// Nil when the key is missing or its value wrong, both of which are faults.
    func required<Value>(_ key: String, _ read: (Item) -> Value?) -> Value? {
        guard let value = values[key] else {
            let mark = item.node.mark
            item.faults.add(
                line: mark?.line ?? 1, column: mark?.column ?? 1, key: item.key, found: "no key '\(key)'",
                expected: "it to be given")
            return nil
        }
        return read(value)
    }

    /// `standard` when the key is missing; also when its value is wrong, which is a fault.
    func optional<Value>(_ key: String, default standard: Value, _ read: (Item) -> Value?) -> Value {
        values[key].flatMap(read) ?? standard
    }

    func optional<Value>(_ key: String, _ read: (Item) -> Value?) -> Value? {
        values[key].flatMap(read)
    }
}
