// SPDX-License-Identifier: GPL-3.0-or-later

/// An element of an XML document; like HTML's, its texts and values are always escaped.
struct XML: Sendable {
    private let name: String
    private let attributes: [(name: String, value: String)]
    private let text: String
    private let children: [XML]

    /// Attributes in the order they are given.
    init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ children: [XML] = []) {
        self.name = "\(name)"
        self.attributes = attributes.map { ("\($0.key)", $0.value) }
        self.children = children
        text = ""
    }

    init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], text: String) {
        self.name = "\(name)"
        self.text = text
        self.attributes = attributes.map { ("\($0.key)", $0.value) }
        children = []
    }

    var rendered: String {
        let head = attributes.map { " \($0.name)=\"\(HTML.text($0.value).rendered)\"" }.joined()
        return "<\(name)\(head)>\(HTML.text(text).rendered)\(children.map(\.rendered).joined())</\(name)>"
    }
}
