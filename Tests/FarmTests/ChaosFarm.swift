// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import Guests
import Logging
import Postgres
import PostgresFixture
import Synchronization
import Testing
import TimeTravel

/// A server and three workers on one database, with guests that are pure functions, until nothing is left to do.
struct ChaosFarm: Sendable {
    static let workers = 3
    static let edge = CivilDate(firstOf: 2038).start

    /// What must not depend on what went wrong meanwhile.
    struct Result: Equatable, Sendable {
        var verdicts: [String: Verdict?] = [:]
        var states: [String: Int] = [:]
        var traps: [String] = []
    }

    let configuration: PostgresConfiguration
    let strikes: Strikes
    /// Where guests' logs are written; nil: nowhere.
    var disk: ChaosDisk?
    private let silent = Logger(label: "chaos", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Two in three packages use some earlier ones; number 7 is trapped in 2038, number 11 builds nowhere.
    static func closure(_ count: Int) throws -> [(path: StorePath, derivation: Derivation)] {
        var closure = try FarmFixture.chain(["source"])
        var random = SeededRandom(seed: 5)
        for index in 1..<count {
            let known = closure.indices.dropFirst()
            let chosen = Set(
                (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in known.randomElement(using: &random) })
            let inputs = [0] + chosen.sorted()
            let name = "package-\(index)"
            closure.append(
                (
                    try StorePath(.guix, baseName: "\(FarmFixture.hash(index * 2))-\(name).drv"),
                    Derivation(
                        outputs: [
                            DerivationOutput(
                                name: "out",
                                path: try StorePath(.guix, baseName: "\(FarmFixture.hash(index * 2 + 1))-\(name)"))
                        ], inputDerivations: inputs.map { .init(path: closure[$0].path, outputs: ["out"]) },
                        inputSources: [], system: "x86_64-linux", builder: "/bin/sh", arguments: [], environment: [])
                ))
        }
        return closure
    }

    static func works(_ claim: ClaimedBuild) -> Bool {
        if claim.derivationPath.hasSuffix("-package-11.drv") { return false }
        return !claim.derivationPath.hasSuffix("-package-7.drv") || claim.conditions.date + 5 < edge
    }

    /// Lets everybody live, and die as the strikes say, until the server finds the farm settled.
    func settle() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await life("server") { try await serve($0, $1) } }
            for number in 0..<Self.workers {
                let name = "worker-\(number)"
                group.addTask { await life(name) { try await work(name, $0, $1) } }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Runs a part again and again: killed, it says nothing more to the database and begins anew. Ends when the part does.
    private func life(
        _ name: String, _ body: @escaping @Sendable (FarmDatabase, WakeUps) async throws -> Void
    ) async {
        while !Task.isCancelled {
            let pool = PostgresPool(configuration, limits: PostgresPoolLimits(connections: 4, wait: .seconds(20)))
            let database = FarmDatabase(pool: pool, lossBackOff: .milliseconds(20))
            let wakeUps = WakeUps(listener: PostgresListener(configuration), interval: .milliseconds(50))
            let killed = strikes.arm(name)
            let hasEnded = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try? await wakeUps.run()
                    return false
                }
                group.addTask {
                    // A part that cannot even begin, as its connections were broken, begins anew.
                    do { try await body(database, wakeUps) } catch { return false }
                    return true
                }
                group.addTask {
                    for await _ in killed { break }
                    await pool.close()
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
            await pool.close()
            if hasEnded { return }
        }
    }

    private func serve(_ database: FarmDatabase, _ wakeUps: WakeUps) async throws {
        let round = InvestigationRound(database: database, guests: 2, logger: silent) { investigation, context in
            (
                Subject(
                    package: context.package, version: context.version, derivation: investigation.derivationPath,
                    screening: context.screening,
                    reference: Conditions(
                        date: FarmFixture.start, cpu: .westmere, kernel: .simulated, cores: 1),
                    kernels: [.simulated], precision: .day), []
            )
        }
        for await _ in wakeUps.stream(.runs, .investigations) {
            do {
                _ = try await database.requeueLost(silence: .milliseconds(600))
                try await round()
                if try await database.progress().isSettled { return }
            } catch {
                // The next round does it: nothing lives outside the database.
                if Task.isCancelled { return }
            }
        }
    }

    private func work(_ name: String, _ database: FarmDatabase, _ wakeUps: WakeUps) async throws {
        try await Worker(
            database: database, offer: WorkerOffer(name: name, host: "here", capacity: 2), room: disk?.room,
            pace: .init(heartbeat: .milliseconds(100), grace: .milliseconds(400)), wakeUps: wakeUps, logger: silent
        ) { claim in
            try await strikes.guest(claim, of: name, configuration)
            let log = try await disk?.writeLog(of: claim.run)
            return RunReport(
                outcome: Self.works(claim) ? .succeeded : .failed, guestBegan: claim.conditions.date,
                guestEnded: claim.conditions.date + 5, seconds: 5, evidence: PostgresJSON(Array("{}".utf8)),
                logFile: log?.path, logBytes: log.map { Int64($0.written) })
        }.run()
    }

    /// What must hold of any farm that has nothing more to do, where it does not.
    static func faults(_ database: FarmDatabase) async throws -> [String] {
        try await database.pool.query(
            """
            select 'an open run' what from run where outcome is null
            union all select 'a lease' from build where state = 'leased'
            union all select 'a build without an end' from build where finished is null
            union all select 'a run lost or counted twice' from build b where runs_done <>
              (select count(*) from run r where r.build_id = b.id and r.outcome <> 'infrastructure')
            union all select 'a build given up' from build where state = 'cancelled'
            union all select place from dangling_references()
            union all select 'miscounted: ' || c.what || ' ' || c.state
              from counted c full join counted_anew a using (what, state) where coalesce(c.n, 0) <> coalesce(a.n, 0)
            """
        ).map { try $0.decode("what", as: String.self) }
    }

    /// What the farm came to, after checking what holds at every end.
    func result(_ database: FarmDatabase) async throws -> Result {
        #expect(try await Self.faults(database) == [])
        var result = Result()
        for record in try await database.verdictRecords() { result.verdicts[record.package] = record.verdict }
        for build in try await database.builds(limit: 1_000) where build.isScreening {
            result.states[build.state, default: 0] += 1
        }
        for trap in try await database.traps() {
            let edge = try #require(trap.windows.first?.notAfter)
            #expect(
                edge.lastGood < Self.edge && edge.firstBad >= Self.edge && edge.firstBad - edge.lastGood <= 2 * 86_400)
            result.traps.append("\(trap.package) \(trap.verdict.rawValue) \(trap.axis.rawValue)")
        }
        return result
    }
}

/// What goes wrong, drawn from a seed: asked before every guest's end.
final class Strikes: Sendable {
    struct GuestDied: Error {}

    private struct State {
        var random: SeededRandom?
        var left: Int
        var deaths: [Int: Int] = [:]
        var switches: [String: AsyncStream<Void>.Continuation] = [:]
        var count = 0
        /// How often the disk may yet become full: it fails all that run just then.
        var fillings = 2
    }
    private let state: Mutex<State>

    /// Has the database's server killed and started again; nil: it is shared.
    private let crash: (@Sendable () -> Void)?
    /// Fills the disk for a while, which a run's guest meets; nil: it is shared.
    private let fill: (@Sendable (Int64) async throws -> Void)?

    /// - Parameters:
    ///   - seed: nil: nothing goes wrong.
    ///   - limit: of what goes wrong.
    init(
        seed: UInt64?, limit: Int, crash: (@Sendable () -> Void)? = nil,
        fill: (@Sendable (Int64) async throws -> Void)? = nil
    ) {
        self.crash = crash
        self.fill = fill
        state = Mutex(State(random: seed.map { SeededRandom(seed: $0) }, left: limit))
    }

    /// How often something went wrong.
    var count: Int { state.withLock { $0.count } }

    func arm(_ name: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.switches[name] = continuation }
        return stream
    }

    private func kill(_ name: String) {
        state.withLock { $0.switches[name] }?.yield()
    }

    private enum Strike { case none, guest, worker, server, connections, clock, database, disk }

    private func next(_ build: Int) -> Strike {
        state.withLock { state in
            guard var random = state.random, state.left > 0 else { return .none }
            defer { state.random = random }
            guard random.chance(0.35) else { return .none }
            let strikes: [Strike] =
                [.guest, .worker, .server, .connections, .clock] + (crash == nil ? [] : [.database])
                + (fill == nil || state.fillings == 0 ? [] : [.disk])
            let strike = strikes.randomElement(using: &random) ?? .none
            // A build that infrastructure fails too often is given up, which is another test.
            if strike == .guest, state.deaths[build, default: 0] >= 2 { return .none }
            if strike == .guest { state.deaths[build, default: 0] += 1 }
            if strike == .disk { state.fillings -= 1 }
            state.left -= 1
            state.count += 1
            return strike
        }
    }

    func guest(_ claim: ClaimedBuild, of worker: String, _ configuration: PostgresConfiguration) async throws {
        switch next(claim.build) {
        case .none: return
        case .guest: throw GuestDied()
        case .worker:
            kill(worker)
            // Nothing more is heard of this guest: its worker's end ends it.
            let (never, continuation) = AsyncStream.makeStream(of: Void.self)
            for await _ in never {}
            continuation.finish()
        case .server: kill("server")
        case .clock:
            // As if the database's host had been put an hour forward, or back.
            let hours = claim.run % 2 == 0 ? 1 : -1
            let connection = try await PostgresConnection.connect(configuration)
            for statement in [
                "update worker set heartbeat = heartbeat + make_interval(hours => $1)",
                "update build set leased_at = leased_at + make_interval(hours => $1) where state = 'leased'",
                "update build set retry_at = retry_at + make_interval(hours => $1) where retry_at is not null",
            ] { _ = try await connection.query(statement, [hours]) }
            await connection.close()
        case .database: crash?()
        case .disk: try await fill?(claim.run)
        case .connections:
            let connection = try await PostgresConnection.connect(configuration)
            _ = try await connection.query(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                """)
            await connection.close()
        }
    }
}
