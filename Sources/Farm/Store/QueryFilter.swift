// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres

/// The conditions of a list, only those that are asked for: each combination is a statement with a plan of its own, where
/// `$1 is null or …` would give all of them the one plan that fits none.
struct QueryFilter {
    private(set) var parameters: [(any PostgresEncodable)?] = []
    private var terms: [String] = []

    /// Adds a condition where there is a value.
    ///
    /// - Parameter term: makes the condition of the parameter's name, `$1`.
    mutating func add(_ value: (any PostgresEncodable)?, _ term: (_ parameter: String) -> String) {
        guard let value else { return }
        let name = parameter(value)
        terms.append("(\(term(name)))")
    }

    mutating func add(_ term: String) {
        terms.append("(\(term))")
    }

    /// A parameter beside the conditions.
    mutating func parameter(_ value: (any PostgresEncodable)?) -> String {
        parameters.append(value)
        return "$\(parameters.count)"
    }

    /// `where …`, or nothing.
    var clause: String { terms.isEmpty ? "" : "where " + terms.joined(separator: " and ") }
}
