// SPDX-License-Identifier: GPL-3.0-or-later

/// A build description: what to run, with which inputs, for which outputs.
///
/// Lists keep the order of the `.drv` they were read from, so that printing gives the same bytes.
package struct Derivation: Hashable, Sendable {
    package var outputs: [DerivationOutput]
    package var inputDerivations: [Input]
    package var inputSources: [StorePath]
    package var system: String
    package var builder: String
    package var arguments: [String]
    package var environment: [Variable]

    /// A derivation that must be built first, and the outputs of it that are used.
    package struct Input: Hashable, Sendable {
        package var path: StorePath
        package var outputs: [String]

        package init(path: StorePath, outputs: [String]) {
            self.path = path
            self.outputs = outputs
        }
    }

    /// One environment variable of the builder.
    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        outputs: [DerivationOutput], inputDerivations: [Input], inputSources: [StorePath], system: String,
        builder: String, arguments: [String], environment: [Variable]
    ) {
        self.outputs = outputs
        self.inputDerivations = inputDerivations
        self.inputSources = inputSources
        self.system = system
        self.builder = builder
        self.arguments = arguments
        self.environment = environment
    }
}

extension Derivation {
    /// Whether the contents are known beforehand, so that anything may fetch them.
    package var isFixedOutput: Bool {
        outputs.count == 1 && outputs[0].name == "out" && outputs[0].isFixed
    }

    /// The known hash of a fixed-output derivation; nil for any other.
    package func fixedOutput() throws(DerivationsError) -> FixedOutput? {
        isFixedOutput ? try outputs[0].fixedOutput() : nil
    }

    package func output(named name: String) -> DerivationOutput? {
        outputs.first { $0.name == name }
    }

    /// Value of an environment variable; nil where it is not set.
    package subscript(variable name: String) -> String? {
        environment.first { $0.name == name }?.value
    }

    /// The paths that the `.drv` file itself refers to.
    package var references: Set<StorePath> {
        Set(inputSources).union(inputDerivations.map(\.path))
    }
}
