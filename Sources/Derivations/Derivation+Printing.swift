// SPDX-License-Identifier: GPL-3.0-or-later

extension Derivation {
    /// The `.drv` file's bytes.
    package func printed() -> [UInt8] {
        printed(inputs: inputDerivations.map { ($0.path.description, $0.outputs) })
    }

    /// Prints with other texts in place of the input derivations' paths, as hashing needs.
    func printed(inputs: [(name: String, outputs: [String])]) -> [UInt8] {
        var printer = Printer()
        printer.bytes.reserveCapacity(4096)
        printer.raw("Derive(")
        printer.list(outputs) { $0.output($1) }
        printer.raw(",")
        printer.list(inputs) { printer, input in
            printer.raw("(")
            printer.string(input.name)
            printer.raw(",")
            printer.list(input.outputs) { $0.string($1) }
            printer.raw(")")
        }
        printer.raw(",")
        printer.list(inputSources) { $0.string($1.description) }
        printer.raw(",")
        printer.string(system)
        printer.raw(",")
        printer.string(builder)
        printer.raw(",")
        printer.list(arguments) { $0.string($1) }
        printer.raw(",")
        printer.list(environment) { printer, variable in printer.tuple(variable.name, variable.value) }
        printer.raw(")")
        return printer.bytes
    }
}

/// Appends the parts of a `.drv`.
private struct Printer {
    var bytes: [UInt8] = []

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: Self.isEscaped) { escaped(text) } else { bytes.append(contentsOf: text.utf8) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): true
        default: false
        }
    }

    private mutating func escaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            default: bytes.append(byte)
            }
        }
    }

    mutating func tuple(_ texts: String...) {
        raw("(")
        for (index, text) in texts.enumerated() {
            if index > 0 { raw(",") }
            string(text)
        }
        raw(")")
    }

    mutating func output(_ output: DerivationOutput) {
        tuple(output.name, output.path?.description ?? "", output.hashAlgorithm, output.hash)
    }

    mutating func list<Element>(_ elements: [Element], _ print: (inout Printer, Element) -> Void) {
        raw("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { raw(",") }
            print(&self, element)
        }
        raw("]")
    }
}
