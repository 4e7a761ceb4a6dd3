// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// A parameter of a request: how it is read, and how the OpenAPI document describes it; one value says both.
struct Parameter<Value: Sendable>: Sendable {
    let facts: ParameterFacts
    /// Nil for what does not fit.
    let read: @Sendable (String) -> Value?

    init(
        _ name: String, in place: ParameterFacts.Place = .query, expected: String, about: String, schema: JSON,
        read: @escaping @Sendable (String) -> Value?
    ) {
        facts = ParameterFacts(
            name: name, place: place, expected: expected, about: about, schema: schema, isRequired: place == .path)
        self.read = read
    }
}

/// What is to be said about a parameter whatever its type.
struct ParameterFacts: Sendable {
    enum Place: String, Sendable { case path, query }

    let name: String
    let place: Place
    /// What a value has to be, as an error names it: "a whole number from 1 to 1000".
    let expected: String
    let about: String
    let schema: JSON
    /// Without it there is no answer.
    var isRequired = false

    /// The same where it has to be given.
    var demanded: ParameterFacts {
        var copy = self
        copy.isRequired = true
        return copy
    }
}

extension Parameter where Value == Int {
    static func number(
        _ name: String, in place: ParameterFacts.Place = .query, from least: Int = 1, to most: Int = Int(Int32.max),
        standard: Int? = nil, about: String
    ) -> Parameter {
        var schema: [String: JSON] = [
            "type": "integer", "minimum": .integer(Int64(least)), "maximum": .integer(Int64(most)),
        ]
        if let standard { schema["default"] = .integer(Int64(standard)) }
        return Parameter(
            name, in: place, expected: "a whole number from \(least) to \(most)", about: about, schema: .object(schema)
        ) { text in
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
                (least...most).contains(number)
            else { return nil }
            return number
        }
    }
}

extension Parameter where Value == String {
    /// Text of 1 to `longest` characters without control characters.
    static func text(
        _ name: String, in place: ParameterFacts.Place = .query, shortest: Int = 1, longest: Int = 256,
        about: String
    ) -> Parameter {
        Parameter(
            name, in: place, expected: "\(shortest) to \(longest) characters, none of them a control character",
            about: about,
            schema: [
                "type": "string", "minLength": .integer(Int64(shortest)), "maxLength": .integer(Int64(longest)),
                "pattern": #"^[^\u0000-\u001f]*$"#,
            ]
        ) { text in
            let scalars = text.unicodeScalars
            return (shortest...longest).contains(scalars.count) && scalars.allSatisfy { $0.value >= 0x20 } ? text : nil
        }
    }

    /// One of some words.
    static func word(_ name: String, of words: [String], about: String) -> Parameter {
        Parameter(
            name, expected: "one of \(words.joined(separator: ", "))", about: about,
            schema: ["type": "string", "enum": .array(words.map { .string($0) })]
        ) { words.contains($0) ? $0 : nil }
    }
}

extension Parameter where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// A word of an enumeration.
    static func word(
        _ name: String, in place: ParameterFacts.Place = .query, about: String
    ) -> Parameter {
        let words = Value.allCases.map(\.rawValue)
        return Parameter(
            name, in: place, expected: "one of \(words.joined(separator: ", "))", about: about,
            schema: ["type": "string", "enum": .array(words.map { .string($0) })]
        ) { Value(rawValue: $0) }
    }
}

extension Parameter where Value == Instant {
    static func instant(_ name: String, about: String) -> Parameter {
        Parameter(
            name, expected: "a date and time such as 2038-01-19T03:14:08Z, or a day such as 2038-01-19", about: about,
            schema: [
                "anyOf": [["type": "string", "format": "date-time"], ["type": "string", "format": "date"]]
            ]
        ) { Instant($0) ?? CivilDate($0)?.start }
    }
}
