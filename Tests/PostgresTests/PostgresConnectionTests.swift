// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres
import PostgresFixture
import Testing

@Suite struct PostgresConnectionTests {
    @Test func `a refused statement carries the server's words`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TABLE t (id int PRIMARY KEY)")
            _ = try await pool.query("INSERT INTO t VALUES ($1)", [1])
            let error = await #expect(throws: PostgresError.self) {
                _ = try await pool.query("INSERT INTO t VALUES ($1)", [1])
            }
            guard case .server(let answer) = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            #expect(answer.sqlState == "23505")
            #expect(answer.constraint == "t_pkey")
            #expect(answer.table == "t")
            #expect(answer.detail == "Key (id)=(1) already exists.")
            #expect(!answer.isConnectionLost)
        }
    }

    @Test func `a syntax error says where`() async throws {
        try await withFreshDatabase { pool throws in
            do {
                _ = try await pool.query("SELECT * FRM t")
                Issue.record("it passed")
            } catch PostgresError.server(let answer) {
                #expect(answer.sqlState == "42601")
                #expect(answer.position == 10)
            }
        }
    }

    @Test func `affected rows are counted`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TABLE t AS SELECT g FROM generate_series(1, 10) g")
            #expect(try await pool.query("UPDATE t SET g = g + 1 WHERE g > $1", [3]).affectedRows == 7)
            #expect(try await pool.query("DELETE FROM t").affectedRows == 10)
            #expect(try await pool.query("SELECT g FROM t").isEmpty)
        }
    }

    @Test func `a statement is prepared once and survives a change of its table`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.withConnection { connection in
                try await connection.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
                for _ in 0..<3 { _ = try await connection.query("SELECT * FROM t WHERE a = $1", [1]) }
                let prepared = try await connection.query(
                    "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%WHERE a = $1'")
                #expect(try #require(prepared.first).decode("n") == 1)
                try await connection.execute(script: "ALTER TABLE t ADD COLUMN b text DEFAULT 'new'")
                let rows = try await connection.query("SELECT * FROM t WHERE a = $1", [1])
                #expect(try #require(rows.first).decode("b") == "new")
                try await connection.execute(script: "DISCARD ALL")
                #expect(try await connection.query("SELECT * FROM t WHERE a = $1", [1]).count == 1)
            }
        }
    }

    @Test func `no more than 256 statements stay prepared`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.withConnection { connection in
                for number in 0..<300 { _ = try await connection.query("SELECT \(number) AS n") }
                let rows = try await connection.query("SELECT count(*)::int AS n FROM pg_prepared_statements")
                #expect(try #require(rows.first).decode("n", as: Int.self) <= 256)
                #expect(try await connection.single("SELECT 0 AS n") == 0)
            }
        }
    }

    @Test func `a pipeline answers every statement in order`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TABLE t (id int PRIMARY KEY, word text)")
            let inserts = (1...1_000).map { (number: Int) in
                PostgresStatement("INSERT INTO t VALUES ($1, $2)", [number, "word \(number)"])
            }
            let rows = try await pool.pipeline(inserts + [PostgresStatement("SELECT count(*) AS n FROM t")])
            #expect(rows.count == 1_001)
            #expect(rows[0].affectedRows == 1)
            #expect(try #require(rows[1_000].first).decode("n") == 1_000)
        }
    }

    @Test func `a large pipeline with large answers does not lock up`() async throws {
        try await withFreshDatabase { pool throws in
            let text = String(repeating: "x", count: 100_000)
            let statements = (0..<200).map { _ in PostgresStatement("SELECT repeat($1, 2) AS text", [text]) }
            let rows = try await pool.pipeline(statements)
            #expect(rows.count == 200)
            #expect(try #require(rows[199].first).decode("text", as: String.self).utf8.count == 200_000)
        }
    }

    @Test func `a pipeline that fails changes nothing and names the statement`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TABLE t (id int PRIMARY KEY)")
            try await pool.withConnection { connection in
                let insert = "INSERT INTO t VALUES ($1)"
                do {
                    _ = try await connection.pipeline(
                        [1, 2, 1, 3].map { PostgresStatement(insert, [$0]) } + [PostgresStatement("SELECT 7 AS n")])
                    Issue.record("it passed")
                } catch PostgresError.server(let answer) {
                    #expect(answer.pipelineIndex == 2)
                    #expect(answer.sqlState == "23505")
                }
                #expect(try await connection.query("SELECT id FROM t").isEmpty)
                // The statement prepared in the pipeline is known, the one that was skipped is not.
                #expect(try await connection.query(insert, [5]).affectedRows == 1)
                #expect(try await connection.single("SELECT 7 AS n") == 7)
            }
        }
    }

    @Test func `cancelling a task cancels its statement in the server`() async throws {
        try await withFreshDatabase { pool throws in
            let outcome = await withTaskGroup(of: PostgresError?.self) { group in
                group.addTask {
                    do {
                        _ = try await pool.query("SELECT pg_sleep(600) /* to be cancelled */")
                        return nil
                    } catch {
                        return error as? PostgresError
                    }
                }
                await untilActive("to be cancelled", pool)
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(outcome == .cancelled)
            await untilIdle("to be cancelled", pool)
            #expect(pool.status.taken == 0)
            #expect(try await pool.single("SELECT 1 AS n") == 1)
        }
    }

    @Test func `a cancelled task sends nothing`() async throws {
        try await withFreshDatabase { pool throws in
            try await pool.execute(script: "CREATE TABLE t (id int)")
            let connection = try await PostgresConnection.connect(pool.configuration)
            let outcome = await withTaskGroup(of: PostgresError?.self) { group in
                group.cancelAll()
                group.addTask {
                    do throws(PostgresError) {
                        _ = try await connection.query("INSERT INTO t VALUES (1)")
                        return nil
                    } catch {
                        return error
                    }
                }
                return await group.next() ?? nil
            }
            #expect(outcome == .cancelled)
            #expect(try await connection.query("SELECT id FROM t").isEmpty)
            await connection.close()
        }
    }

    @Test func `a session that the server ends is lost, and says so`() async throws {
        try await withFreshDatabase { pool throws in
            let connection = try await PostgresConnection.connect(pool.configuration)
            let row = try #require(try await connection.query("SELECT pg_backend_pid() AS pid").first)
            _ = try await pool.query("SELECT pg_terminate_backend($1, 5000)", [try row.decode("pid", as: Int.self)])
            let error = await #expect(throws: PostgresError.self) { _ = try await connection.query("SELECT 1 AS n") }
            #expect(error?.isConnectionLost == true)
            let again = await #expect(throws: PostgresError.self) { _ = try await connection.query("SELECT 1 AS n") }
            #expect(again?.isConnectionLost == true)
        }
    }

    @Test func `an unreachable server is named`() async throws {
        let nowhere = PostgresConfiguration(
            socketDirectory: "/nonexistent", database: "x", user: "x")
        let error = await #expect(throws: PostgresError.self) { _ = try await PostgresConnection.connect(nowhere) }
        guard case .connectionFailed(let message) = error else {
            Issue.record("the error is \(String(describing: error))")
            return
        }
        #expect(message.contains("/nonexistent"))
    }

    @Test func `settings hold in every session and times are UTC`() async throws {
        try await withFreshDatabase { pool throws in
            var configuration = pool.configuration
            configuration.sessionSettings["statement_timeout"] = "1234ms"
            let connection = try await PostgresConnection.connect(configuration)
            let rows = try await connection.query(
                "SELECT current_setting('statement_timeout') AS a, current_setting('timezone') AS b")
            #expect(try rows[0].decode("a") == "1234ms")
            #expect(try rows[0].decode("b") == "UTC")
            await connection.close()
        }
    }
}

/// Returns once a statement that contains a text runs in the server.
func untilActive(_ text: String, _ pool: PostgresPool) async {
    await until(pool, "SELECT EXISTS (\(activity)) AS done", text)
}

func untilIdle(_ text: String, _ pool: PostgresPool) async {
    await until(pool, "SELECT NOT EXISTS (\(activity)) AS done", text)
}

private let activity = """
    SELECT FROM pg_stat_activity
    WHERE state = 'active' AND position($1 in query) > 0 AND pid <> pg_backend_pid() AND datname = current_database()
    """

private func until(_ pool: PostgresPool, _ sql: String, _ text: String) async {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if let row = try? await pool.query(sql, [text]).first, (try? row.decode("done")) == true { return }
        await Task.yield()
    }
    Issue.record("\(text): the server never came to it")
}
