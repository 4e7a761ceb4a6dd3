// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Postgres

/// The PostgreSQL server that all tests of this process share: the one of `DATABASE_URL`, or an own one that ends with
/// this process.
actor TestServer {
    static let shared = TestServer()

    /// Each database open at once costs connections and, with hundreds of tests in flight, there are too few.
    static let databases = Turnstile(limit: 6)
    private let setup = Turnstile(limit: 1)
    private var admin: PostgresPool?
    private var failure: FixtureError?
    private var watchdog: Watchdog?
    private var templates: [[Migration]: String] = [:]
    private var created = 0

    /// Makes a database.
    func makeDatabase(_ migrations: [Migration]) async throws -> PostgresConfiguration {
        await setup.enter()
        do {
            let admin = try await administrator()
            let template = try await template(migrations, admin)
            created += 1
            let name = "test_\(getpid())_\(created)"
            try await admin.execute(script: "CREATE DATABASE \(name) TEMPLATE \(template ?? "template0")")
            let configuration = admin.configuration.database(name)
            if template == nil { _ = try await Migrator(migrations).migrate(configuration) }
            await setup.leave()
            return configuration
        } catch {
            await setup.leave()
            throw error
        }
    }

    func dropDatabase(_ configuration: PostgresConfiguration) async throws {
        guard let name = configuration.databaseOverride else { return }
        try await admin?.execute(script: "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// A database with the migrations applied; none on a server that is not ours, where it would stay behind.
    private func template(_ migrations: [Migration], _ admin: PostgresPool) async throws -> String? {
        if watchdog == nil { return nil }
        if let known = templates[migrations] { return known }
        let name = "template_\(templates.count)"
        try await admin.execute(script: "DROP DATABASE IF EXISTS \(name)")
        try await admin.execute(script: "CREATE DATABASE \(name) TEMPLATE template0")
        _ = try await Migrator(migrations).migrate(admin.configuration.database(name))
        templates[migrations] = name
        return name
    }

    private func administrator() async throws -> PostgresPool {
        if let admin { return admin }
        if let failure { throw failure }
        do {
            let configuration = try await server()
            let pool = PostgresPool(configuration, limits: PostgresPoolLimits(connections: 2))
            admin = pool
            return pool
        } catch {
            let remembered = FixtureError("the tests' PostgreSQL did not start: \(error)")
            failure = remembered
            throw remembered
        }
    }

    private func server() async throws -> PostgresConfiguration {
        if let url = getenv("DATABASE_URL").map({ String(cString: $0) }), !url.isEmpty {
            return PostgresConfiguration(connectionString: url)
        }
        let user = TestPrograms.serverUser
        let directory = try TemporaryDirectory.make(for: user)
        let watchdog = try Watchdog(as: user, script: Self.script, [directory, try TestPrograms.directory()])
        self.watchdog = watchdog
        let configuration = PostgresConfiguration(socketDirectory: directory, database: "postgres", user: "postgres")
        try await untilReady(configuration, watchdog, log: "\(directory)/log")
        return configuration
    }

    private func untilReady(_ configuration: PostgresConfiguration, _ watchdog: Watchdog, log: String) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                return await (try PostgresConnection.connect(configuration)).close()
            } catch {
                if watchdog.hasEnded { throw FixtureError("initdb or postgres failed; see \(log)") }
                guard ContinuousClock.now < deadline else { throw error }
                // A server that comes up gives no signal that a client could wait for.
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Serves until the test process is gone, then leaves nothing behind.
    private static let script = """
        trap '' INT TERM HUP
        "$2/initdb" --pgdata="$1/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync \
            --no-instructions >"$1/log" 2>&1 </dev/null || exit 1
        "$2/postgres" -D "$1/data" -k "$1" -h '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
            -c max_connections=100 -c shared_buffers=64MB -c max_wal_size=2GB -c jit=off </dev/null >>"$1/log" 2>&1 &
        server=$!
        cat >/dev/null
        # A server that has hardly begun does not hear the signal yet.
        while kill -QUIT $server 2>/dev/null && ! grep -q '^State:.Z' /proc/$server/status 2>/dev/null; do sleep 0.1; done
        rm -rf "$1"
        """
}
