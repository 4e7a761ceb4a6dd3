// SPDX-License-Identifier: GPL-3.0-or-later

/// A derivation as people and programs read it.
package struct DerivationRecord: Encodable, Sendable {
    package struct Output: Encodable, Sendable {
        package let name: String
        package let path: String?
        /// For example `sha256`, or `r:sha256` where the hash is of the archive; nil where only the build decides.
        package let hashAlgorithm: String?
        /// In base 32.
        package let hash: String?
    }

    package struct Input: Encodable, Sendable {
        package let derivation: String
        package let outputs: [String]
    }

    package let name: String
    /// Where a store keeps the derivation itself.
    package let derivation: String
    package let outputs: [Output]
    package let inputs: [Input]
    package let sources: [String]
    package let system: String
    package let builder: String
    package let arguments: [String]
    package let environment: [String: String]
    private let variables: [Derivation.Variable]

    private enum CodingKeys: CodingKey {
        case name, derivation, outputs, inputs, sources, system, builder, arguments, environment
    }

    /// - Parameter name: without `.drv`.
    /// - Throws: `DerivationsError` where its name makes no store path.
    package init(_ derivation: Derivation, name: String) throws(DerivationsError) {
        self.name = name
        self.derivation = try derivation.path(name: name, in: derivation.storeDirectory).description
        outputs = derivation.outputs.map { output in
            let fixed = (try? output.fixedOutput()) ?? nil
            return Output(
                name: output.name, path: output.path?.description,
                hashAlgorithm: output.hashAlgorithm.isEmpty ? nil : output.hashAlgorithm,
                hash: fixed?.hash.base32 ?? (output.hash.isEmpty ? nil : output.hash))
        }
        inputs = derivation.inputDerivations.map { Input(derivation: $0.path.description, outputs: $0.outputs) }
        sources = derivation.inputSources.map(\.description)
        system = derivation.system
        builder = derivation.builder
        arguments = derivation.arguments
        variables = derivation.environment
        environment = Dictionary(variables.map { ($0.name, $0.value) }) { _, last in last }
    }
}

extension DerivationRecord {
    private var fields: [(name: String, values: [String])] {
        [
            ("name", [name]),
            ("outputs", outputs.map { "\($0.name): \($0.path ?? "")" }),
            ("hash", outputs.compactMap(\.hash)),
            ("inputs", inputs.map { "\($0.derivation) [\($0.outputs.joined(separator: ", "))]" }),
            ("sources", sources),
            ("system", [system]),
            ("builder", [builder] + arguments),
            ("environment", variables.map { "\($0.name): \($0.value)" }),
        ].filter { !$0.values.isEmpty }
    }

    /// A record of GNU recutils: one field each, lists as continuation lines. Empty fields are left out.
    package func recutils() -> String {
        fields.map { field in
            let value = field.values.joined(separator: "\n")
            return "\(field.name): "
                + value.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n+ ")
        }.joined(separator: "\n") + "\n"
    }

    /// The same for reading: a heading for each field, and control characters made visible.
    package func human() -> String {
        let width = variables.map(\.name.count).max() ?? 0
        var text = "\(Self.visible(name))\n  derivation\n    \(derivation)\n"
        for field in fields where field.name != "name" {
            text += "  \(field.name)\n"
            let values =
                field.name == "environment"
                ? variables.map { $0.name.padded(to: width) + "  " + $0.value } : field.values
            for value in values { text += "    \(Self.visible(value))\n" }
        }
        return text
    }

    private static func visible(_ text: String) -> String {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? text.unicodeScalars.map {
                $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0)
            }
            .joined() : text
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
