// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

private enum Mood: String, PostgresEncodable, PostgresDecodable {
    case glad
    case grim
}

private struct Number: RawRepresentable, PostgresArrayElement, Equatable {
    let rawValue: Int32
}

/// One value there and back.
private func roundTrip<Value: PostgresEncodable & PostgresDecodable>(
    _ value: Value, _ type: String, _ pool: PostgresPool
) async throws -> Value {
    let rows = try await pool.query("SELECT $1::\(type) AS value", [value])
    return try #require(rows.first).decode("value")
}

@Suite struct PostgresValueTests {
    @Test func `integers come back as they went, at their limits`() async throws {
        try await withFreshDatabase { pool throws in
            #expect(try await roundTrip(Int16.min, "smallint", pool) == .min)
            #expect(try await roundTrip(Int32.max, "integer", pool) == .max)
            #expect(try await roundTrip(Int64.min, "bigint", pool) == .min)
            #expect(try await roundTrip(Int.max, "bigint", pool) == .max)
        }
    }

    @Test func `truth, fractions and text come back as they went`() async throws {
        try await withFreshDatabase { pool throws in
            #expect(try await roundTrip(true, "boolean", pool))
            #expect(try await roundTrip(false, "boolean", pool) == false)
            #expect(try await roundTrip(0.1 + 0.2, "float8", pool) == 0.1 + 0.2)
            #expect(try await roundTrip(-Double.infinity, "float8", pool) == -.infinity)
            #expect(try await roundTrip(Double.nan, "float8", pool).isNaN)
            #expect(try await roundTrip("O'Reilly \\ \" ünï 🦉", "text", pool) == "O'Reilly \\ \" ünï 🦉")
            #expect(try await roundTrip("", "text", pool) == "")
        }
    }

    @Test func `bytes of every value come back as they went`() async throws {
        let bytes = (0...255).map { UInt8($0) }
        try await withFreshDatabase { pool throws in
            #expect(try await roundTrip(bytes, "bytea", pool) == bytes)
            #expect(try await roundTrip([UInt8](), "bytea", pool) == [])
        }
    }

    @Test func `arrays come back as they went, awkward text included`() async throws {
        let words = ["a", "", "NULL", "b,c", "{d}", "\"e\"", "f\\g", " h ", "ü"]
        try await withFreshDatabase { pool throws in
            #expect(try await roundTrip([Int32.min, 0, .max], "int[]", pool) == [.min, 0, .max])
            #expect(try await roundTrip([Int64.min, .max], "bigint[]", pool) == [.min, .max])
            #expect(try await roundTrip([Int](), "int[]", pool) == [])
            #expect(try await roundTrip(words, "text[]", pool) == words)
            #expect(try await roundTrip([Number(rawValue: 7)], "int[]", pool) == [Number(rawValue: 7)])
        }
    }

    @Test func `NULL is an optional's nil and refused by everything else`() async throws {
        try await withFreshDatabase { pool throws in
            #expect(try await roundTrip(String?.none, "text", pool) == nil)
            #expect(try await roundTrip(Int?.some(3), "int", pool) == 3)
            let row = try #require(try await pool.query("SELECT NULL::int AS missing, $1::text AS other", [nil]).first)
            #expect(try row.decode("other", as: String?.self) == nil)
            #expect(
                throws: PostgresError.decoding(column: "missing", reason: "it is NULL; ask for Int? where it may be")
            ) {
                try row.decode("missing", as: Int.self)
            }
        }
    }

    @Test func `documents are bound as text and as bytes`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TABLE t (a jsonb, b json)")
            let document = PostgresJSON(Array(#"{"x":1}"#.utf8))
            _ = try await pool.query(
                "INSERT INTO t VALUES ($1, $2)", [#"{"x": [1, 2]}"#, document.bytes.isEmpty ? nil : "3"])
            _ = try await pool.query("INSERT INTO t (a) VALUES ($1)", [document])
            let rows = try await pool.query("SELECT a, b FROM t ORDER BY b IS NULL")
            #expect(try rows[0].decode("a") == #"{"x": [1, 2]}"#)
            #expect(try rows[0].decode("b") == "3")
            #expect(try rows[1].decode("a", as: [UInt8].self) == Array(#"{"x": 1}"#.utf8))
            #expect(try rows[1].decode("a", as: PostgresJSON.self).bytes == Array(#"{"x": 1}"#.utf8))
        }
    }

    @Test(arguments: [
        ("1970-01-01 00:00:00+00", 0), ("2100-01-01 00:00:00+00", 4_102_444_800_000_000),
        ("1969-12-31 23:59:59.999999+00", -1), ("0001-01-01 00:00:00+00", -62_135_596_800_000_000),
        ("infinity", Int64.max), ("-infinity", Int64.min),
    ])
    func `instants agree with the server's reading of them`(_ text: String, _ microseconds: Int64) async throws {
        let instant = PostgresTimestamp(microseconds: microseconds)
        try await withFreshDatabase { pool throws in
            let rows = try await pool.query(
                "SELECT $1::timestamptz AS read, $2 = $1::timestamptz AS same", [text, instant])
            let row = try #require(rows.first)
            #expect(try row.decode("read") == instant)
            #expect(try row.decode("same", as: Bool.self))
        }
    }

    @Test(arguments: [("1970-01-01", 0), ("2100-01-01", 47_482), ("1583-01-01", -141_349), ("infinity", Int32.max)])
    func `days agree with the server's reading of them`(_ text: String, _ days: Int32) async throws {
        let date = PostgresDate(daysSince1970: days)
        try await withFreshDatabase { pool throws in
            let rows = try await pool.query("SELECT $1::date AS read, $2 = $1::date AS same", [text, date])
            let row = try #require(rows.first)
            #expect(try row.decode("read") == date)
            #expect(try row.decode("same", as: Bool.self))
        }
    }

    @Test func `seconds before 1970 are rounded down`() {
        #expect(PostgresTimestamp(microseconds: -1).seconds == -1)
        #expect(PostgresTimestamp(microseconds: -1_000_000).seconds == -1)
        #expect(PostgresTimestamp(microseconds: 1_999_999).seconds == 1)
        #expect(PostgresTimestamp(seconds: .max) == .infinity)
    }

    @Test func `enumerations of SQL and of Swift meet by name`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TYPE mood AS ENUM ('glad', 'grim', 'odd')")
            #expect(try await roundTrip(Mood.grim, "mood", pool) == .grim)
            let row = try #require(try await pool.query("SELECT 'odd'::mood AS mood").first)
            #expect(throws: PostgresError.decoding(column: "mood", reason: "odd is no Mood")) {
                try row.decode("mood", as: Mood.self)
            }
        }
    }

    @Test func `a value of another type names its column and both types`() async throws {
        try await withFreshDatabase { pool throws in
            let rows = try await pool.query("SELECT 'x' AS word, 1.5 AS share, 70000 AS many, 1 AS a, 2 AS a")
            let row = try #require(rows.first)
            #expect(throws: PostgresError.decoding(column: "word", reason: "it is text, not Int")) {
                try row.decode("word", as: Int.self)
            }
            #expect(throws: PostgresError.decoding(column: "many", reason: "70000 does not fit into Int16")) {
                try row.decode("many", as: Int16.self)
            }
            let share = #expect(throws: PostgresError.self) { try row.decode("share", as: Double.self) }
            #expect(share?.description.contains("numeric") == true)
            let twice = #expect(throws: PostgresError.self) { try row.decode("a", as: Int.self) }
            #expect(twice?.description.contains("several") == true)
            let unknown = #expect(throws: PostgresError.self) { try row.decode("b", as: Int.self) }
            #expect(unknown?.description.contains("word, share, many") == true)
        }
    }

    @Test func `text with a NUL is refused before it is sent`() async throws {
        try await withFreshDatabase { pool throws in
            await #expect(throws: PostgresError.self) { _ = try await pool.query("SELECT $1, $2", ["a", "b\0c"]) }
            do {
                _ = try await pool.query("SELECT $1, $2", ["a", "b\0c"])
            } catch PostgresError.encoding(let parameter, _) {
                #expect(parameter == 2)
            }
        }
    }
}
