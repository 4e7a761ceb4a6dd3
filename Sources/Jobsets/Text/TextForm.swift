// SPDX-License-Identifier: GPL-3.0-or-later

/// A value written as one scalar in a jobset file and as one string in the canonical JSON.
///
/// `description` gives the canonical text, which `init(text:)` reads back to an equal value.
package protocol TextForm: Encodable, Hashable, Sendable, CustomStringConvertible {
    init(text: String) throws(Expectation)
}

extension TextForm {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What a text should have been: completes the sentence "expected …".
package struct Expectation: Error, Hashable, Sendable {
    package let expected: String

    package init(_ expected: String) {
        self.expected = expected
    }
}
