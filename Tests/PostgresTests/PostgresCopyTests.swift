// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

private struct Refusal: Error, Equatable {}

private let everything = [
    Migration(
        version: 1, name: "everything",
        sql: """
            CREATE TABLE t (
                a smallint, b int, c bigint, d boolean, e float8, f text, g bytea, h int[], i bigint[], j smallint[],
                k text[], l timestamptz, m date, n jsonb);
            CREATE TABLE pairs (id int PRIMARY KEY, word text NOT NULL CHECK (word <> 'bad'));
            """)
]

@Suite struct PostgresCopyTests {
    @Test func `a hundred thousand rows arrive`() async throws {
        try await withFreshDatabase(migrations: everything) { pool throws in
            let copied = try await pool.withConnection { connection throws in
                try await connection.copy(into: "pairs", columns: ["id", "word"], from: 1...100_000) { number, row in
                    row.append(Int32(number))
                    row.append("word \(number)")
                }
            }
            #expect(copied == 100_000)
            let rows = try await pool.query(
                "SELECT count(*) AS n, sum(id)::bigint AS sum, max(word) FILTER (WHERE id = 77777) AS word FROM pairs")
            #expect(try rows[0].decode("n") == 100_000)
            #expect(try rows[0].decode("sum") == 5_000_050_000)
            #expect(try rows[0].decode("word") == "word 77777")
        }
    }

    @Test func `rows of an asynchronous sequence arrive as they come`() async throws {
        try await withFreshDatabase(migrations: everything) { pool throws in
            let numbers = AsyncStream<Int32> { continuation in
                for number in 1...1_000 { continuation.yield(Int32(number)) }
                continuation.finish()
            }
            let copied = try await pool.withConnection { connection throws in
                try await connection.copy(into: "pairs", columns: ["id", "word"], from: numbers) { number, row in
                    row.append(number)
                    row.append(String(number))
                }
            }
            #expect(copied == 1_000)
        }
    }

    @Test func `every type arrives as it went`() async throws {
        try await withFreshDatabase(migrations: everything) { pool throws in
            _ = try await pool.withConnection { connection throws in
                try await connection.copy(
                    into: "t", columns: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"],
                    from: [false, true]
                ) { isNull, row in
                    if isNull { return (0..<14).forEach { _ in row.null() } }
                    row.append(Int16.min)
                    row.append(Int32.min)
                    row.append(Int64.max)
                    row.append(true)
                    row.append(0.1)
                    row.append("tab\t newline\n ü")
                    row.append([UInt8]([0, 255]))
                    row.append([Int32](1...3))
                    row.append([Int64]())
                    row.append([Int16]([-1]))
                    row.append(["x", ""])
                    row.append(PostgresTimestamp(seconds: 4_102_444_800))
                    row.append(PostgresDate(daysSince1970: 47_482))
                    row.append(PostgresJSON(Array("[1]".utf8)))
                }
            }
            let rows = try await pool.query("SELECT *, l::text AS lt, m::text AS mt FROM t ORDER BY a NULLS LAST")
            let row = rows[0]
            #expect(try row.decode("a") == Int16.min)
            #expect(try row.decode("b") == Int32.min)
            #expect(try row.decode("c") == Int64.max)
            #expect(try row.decode("d", as: Bool.self))
            #expect(try row.decode("e") == 0.1)
            #expect(try row.decode("f") == "tab\t newline\n ü")
            #expect(try row.decode("g", as: [UInt8].self) == [0, 255])
            #expect(try row.decode("h") == [1, 2, 3])
            #expect(try row.decode("i", as: [Int64].self).isEmpty)
            #expect(try row.decode("j") == [-1])
            #expect(try row.decode("k") == ["x", ""])
            #expect(try row.decode("lt") == "2100-01-01 00:00:00+00")
            #expect(try row.decode("mt") == "2100-01-01")
            #expect(try row.decode("n") == "[1]")
            for column in rows.columns { #expect(try rows[1].decode(column, as: String?.self) == nil) }
        }
    }

    @Test func `a row that the table refuses copies nothing and tells why`() async throws {
        try await withFreshDatabase(migrations: everything) { pool throws in
            try await pool.withConnection { connection throws in
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await connection.copy(into: "pairs", columns: ["id", "word"], from: 1...300_000) {
                        number, row in
                        row.append(Int32(number))
                        row.append(number == 17 ? "bad" : "good")
                    }
                }
                #expect(error?.sqlState == "23514")
                #expect(try await connection.single("SELECT count(*) AS n FROM pairs") == 0)
            }
        }
    }

    @Test func `an encoder that throws copies nothing and the connection goes on`() async throws {
        try await withFreshDatabase(migrations: everything) { pool throws in
            try await pool.withConnection { connection throws in
                await #expect(throws: Refusal()) {
                    _ = try await connection.copy(into: "pairs", columns: ["id", "word"], from: 1...100_000) {
                        number, row in
                        if number == 90_000 { throw Refusal() }
                        row.append(Int32(number))
                        row.append("")
                    }
                }
                #expect(try await connection.single("SELECT count(*) AS n FROM pairs") == 0)
            }
        }
    }

    @Test func `a row with a field too few is refused`() async throws {
        try await withFreshDatabase(migrations: everything) { pool throws in
            try await pool.withConnection { connection throws in
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await connection.copy(into: "pairs", columns: ["id", "word"], from: 1...2) { number, row in
                        row.append(Int32(number))
                        if number == 1 { row.append("") }
                    }
                }
                #expect(error?.description.contains("row 2 has 1 fields, the COPY has 2 columns") == true)
            }
        }
    }

    @Test func `a table that is not there is refused at once`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.withConnection { connection throws in
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await connection.copy(into: "absent", columns: ["id"], from: 1...2) { _, row in row.null() }
                }
                #expect(error?.sqlState == "42P01")
                #expect(try await connection.query("SELECT 1 AS n").count == 1)
            }
        }
    }
}
