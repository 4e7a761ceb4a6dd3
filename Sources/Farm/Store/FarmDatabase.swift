// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Postgres
import TimeTravel

/// The farm's state in PostgreSQL: every query of the farm is a function of this type, by subject in the files beside it.
package struct FarmDatabase: Sendable {
    package let pool: PostgresPool
    /// The pause after the first failure of infrastructure; it doubles with each in a row.
    let lossBackOff: Duration

    package init(pool: PostgresPool, lossBackOff: Duration = .seconds(10)) {
        self.pool = pool
        self.lossBackOff = lossBackOff
    }

    /// How often infrastructure may fail a build in a row before the farm gives it up.
    package static let lossLimit = 5
}

extension Instant {
    var timestamp: PostgresTimestamp { PostgresTimestamp(seconds: seconds) }

    init(_ timestamp: PostgresTimestamp) {
        self.init(seconds: timestamp.seconds)
    }
}

extension PostgresRow {
    func instant(_ column: String) throws(PostgresError) -> Instant {
        Instant(try decode(column, as: PostgresTimestamp.self))
    }

    func optionalInstant(_ column: String) throws(PostgresError) -> Instant? {
        try decode(column, as: PostgresTimestamp?.self).map { Instant($0) }
    }

    /// Decodes a word of one of the database's enumerations.
    func word<Word: RawRepresentable>(_ column: String, as type: Word.Type = Word.self) throws(PostgresError) -> Word
    where Word.RawValue == String {
        let text = try decode(column, as: String.self)
        guard let word = Word(rawValue: text) else {
            throw .decoding(column: column, reason: "'\(text)' is no \(Word.self)")
        }
        return word
    }

    func optionalWord<Word: RawRepresentable>(
        _ column: String, as type: Word.Type = Word.self
    ) throws(PostgresError) -> Word? where Word.RawValue == String {
        try decode(column, as: String?.self) == nil ? nil : try word(column, as: type)
    }

    func json<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws(PostgresError) -> Value {
        let document = try decode(column, as: PostgresJSON.self)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(document.bytes))
        } catch {
            throw .decoding(column: column, reason: "\(error)")
        }
    }

    func optionalJSON<Value: Decodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value? {
        try decode(column, as: PostgresJSON?.self) == nil ? nil : try json(column, as: type)
    }

    /// Conditions, from the columns `date`, `cpu`, `kernel` and `cores`.
    func conditions() throws(PostgresError) -> Conditions {
        Conditions(
            date: try instant("date"), cpu: try word("cpu"), kernel: try word("kernel"), cores: try decode("cores"))
    }
}

extension PostgresJSON {
    init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(Array(try encoder.encode(value)))
    }
}
