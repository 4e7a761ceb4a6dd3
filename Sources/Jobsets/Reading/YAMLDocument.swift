// SPDX-License-Identifier: GPL-3.0-or-later

import Yams

/// The one YAML document of a file that may be hostile.
///
/// Yams reads recursively, copies aliases and hashes keys, so what could make that dear is refused before or after it:
/// files over 256 KiB, more than 32 words that look like an anchor or alias, any anchor, and nesting past 16 levels
/// (libyaml itself stops at 1,000, which the reader's stack can bear).
struct YAMLDocument {
    let root: Node

    static let sizeLimit = 256 << 10
    static let depthLimit = 16
    /// With so few, no aliases of aliases can multiply to more than some hundred thousand nodes.
    static let anchorLimit = 32

    init(_ text: String, file: String) throws(InvalidJobset) {
        func fault(_ mark: Mark?, found: String, expected: String) -> InvalidJobset {
            InvalidJobset(faults: [
                JobsetFault(
                    file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, key: "", found: found,
                    expected: expected)
            ])
        }
        guard text.utf8.count <= YAMLDocument.sizeLimit else {
            throw fault(nil, found: "\(text.utf8.count) bytes", expected: "at most \(YAMLDocument.sizeLimit)")
        }
        guard YAMLDocument.anchorLikeWords(in: text) <= YAMLDocument.anchorLimit else {
            throw fault(
                nil, found: "more than \(YAMLDocument.anchorLimit) words that begin with '&' or '*'",
                expected: "no anchors or aliases")
        }
        let parser: Parser
        let root: Node?
        do {
            parser = try Parser(yaml: text, encoding: .utf8)
            root = try parser.singleRoot()
        } catch {
            throw YAMLDocument.syntax(error, fault: fault)
        }
        guard let root else { throw fault(nil, found: "nothing", expected: "the keys of a jobset") }
        // Anchors live as long as their parser.
        let problem = withExtendedLifetime(parser) { YAMLDocument.firstForbidden(in: root, depth: 1) }
        if let problem { throw fault(problem.mark, found: problem.found, expected: problem.expected) }
        self.root = root
    }

    /// Words that YAML may take for an anchor or alias: `&` or `*` with a letter after it, at the start of a word.
    private static func anchorLikeWords(in text: String) -> Int {
        var count = 0
        var previous = UInt8(ascii: " ")
        var mark = false
        for byte in text.utf8 {
            let isBlank = byte <= 0x20
            if mark, !isBlank { count += 1 }
            let startsWord = previous <= 0x20 || ",[]{}:-?".utf8.contains(previous)
            mark = startsWord && (byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"))
            previous = byte
        }
        return count
    }

    private typealias Problem = (mark: Mark?, found: String, expected: String)

    private static func firstForbidden(in node: Node, depth: Int) -> Problem? {
        if depth > depthLimit {
            return (node.mark, "more than \(depthLimit) levels", "a jobset, which has at most four")
        }
        if node.anchor != nil { return (node.mark, "an anchor or alias", "the value itself") }
        switch node {
        case .scalar:
            return nil
        case .alias:
            return (node.mark, "an alias", "the value itself")
        case .sequence(let items):
            return items.lazy.compactMap { firstForbidden(in: $0, depth: depth + 1) }.first
        case .mapping(let pairs):
            return pairs.lazy.compactMap {
                firstForbidden(in: $0.key, depth: depth + 1) ?? firstForbidden(in: $0.value, depth: depth + 1)
            }.first
        }
    }

    private static func syntax(_ error: any Error, fault: (Mark?, String, String) -> InvalidJobset) -> InvalidJobset {
        let valid = "valid YAML"
        guard let error = error as? YamlError else { return fault(nil, "\(error)", valid) }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            return fault(mark, "a syntax error (\(problem))", valid)
        case .composer(_, let problem, let mark, _):
            return fault(mark, "a syntax error (\(problem))", "one YAML document")
        case .duplicatedKeysInMapping(let keys, let context):
            return fault(
                context.mark, "the key \(keys.map { "'\($0)'" }.joined(separator: ", ")) twice", "each key once")
        case .reader(let problem, _, _, _):
            return fault(nil, "bytes that are not text (\(problem))", "valid YAML in UTF-8")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return fault(nil, "\(error)", valid)
        }
    }
}
