// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Subprocess
import SystemPackage
import TimeTravel
import WebAPI

/// `almanac-bench web`: the lists, searches and pages of a farm with a million builds, asked by wrk.
struct WebBenchmark {
    let scale: Double
    let seed: UInt64
    /// For each address, without the second in which it warms up.
    let seconds: Int
    let administrator: PostgresConfiguration
    /// Whether answers are kept for a moment, as 'almanac serve' does.
    var isCached = true
    /// Says what is done at the moment.
    let progress: @Sendable (String) -> Void

    static let clients = 50
    /// Conditions of screening, and with them builds of each derivation.
    static let instants = 4

    func run() async throws -> WebFigures {
        let laboratory = try await QueueLaboratory.make(administrator, name: "almanac_bench_web", connections: 4)
        let filling = WebFilling(laboratory: laboratory, scale: scale, seed: seed, progress: progress)
        let numbers = try await filling.fill()
        var figures = try await serve(laboratory.configuration) { port, memory in
            var figures = WebFigures(builds: numbers.builds, traps: numbers.traps, clients: Self.clients)
            for path in numbers.paths {
                progress("asking for \(path)")
                figures.addresses.append(try await measure(path, "http://127.0.0.1:\(port)\(path)"))
            }
            figures.serverBytes = try memory()
            return figures
        }
        figures.databaseBytes =
            try await laboratory.database.pool.query("select pg_database_size(current_database()) n").first?
            .decode("n") ?? 0
        try await laboratory.remove(administrator)
        return figures
    }

    // MARK: The server

    /// Runs the web server as a process of its own, so that its memory is its own.
    private func serve(
        _ configuration: PostgresConfiguration,
        _ body: @Sendable (_ port: Int, _ memory: @Sendable () throws -> Int) async throws -> WebFigures
    ) async throws -> WebFigures {
        let arguments =
            ["web-server", configuration.connectionString, "--name", configuration.databaseOverride ?? ""]
            + (isCached ? [] : ["--no-cache"])
        let ended = try await Subprocess.run(
            .path("/proc/self/exe"),
            arguments: Arguments(arguments), input: .inputWriter,
            output: .sequence, error: .currentStandardError
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            guard let port = try await lines.next().flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
            else { throw WebBenchmarkError.noServer }
            let process = execution.processIdentifier.value
            let figures = try await body(port) { try Self.peakMemory(process) }
            try await execution.standardInputWriter.finish()
            while try await lines.next() != nil {}
            return figures
        }
        guard ended.terminationStatus.isSuccess else { throw WebBenchmarkError.noServer }
        return ended.closureResult
    }

    /// The most that a process had in memory at once, in bytes.
    private static func peakMemory(_ process: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }

    /// What runs in that process, until its standard input ends.
    static func runServer(connection: String, name: String, isCached: Bool) async throws {
        let configuration = PostgresConfiguration(connectionString: connection).database(name)
        let pool = PostgresPool(configuration)
        var logger = Logger(label: "almanac-bench")
        logger.logLevel = .error
        let services = WebServices(
            database: FarmDatabase(pool: pool), cache: isCached ? AnswerCache() : nil, logs: { "/nonexistent/\($0)" },
            now: { Instant(seconds: Int64(Date().timeIntervalSince1970)) })
        let service = almanacServer(services, configuration: WebConfiguration(port: 0), logger: logger) { address in
            FileHandle.standardOutput.write(Data("\(address.port)\n".utf8))
        }
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            FileHandle.standardInput.readabilityHandler = { input in
                if input.availableData.isEmpty { end.finish() }
            }
            for await _ in ends {}
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        await pool.close()
    }

    // MARK: Asking

    /// Prints what wrk itself leaves out: the 95th percentile, and answers that were no 200.
    private static let script = """
        done = function(summary, latency, requests)
          local e = summary.errors
          io.write(string.format("measured %d %d %d %.3f %.3f %.3f\\n", summary.requests, summary.duration,
            e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1000,
            latency:percentile(95) / 1000, latency:percentile(99) / 1000))
        end
        """

    private func measure(_ name: String, _ address: String) async throws -> WebFigures.Address {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-wrk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appendingPathComponent("done.lua")
        try Data(Self.script.utf8).write(to: script)
        _ = try await ask(address, seconds: 1, script.path)
        let words = try await ask(address, seconds: seconds, script.path)
        guard words.count == 6, words[1] > 0 else { throw WebBenchmarkError.noFigures(address) }
        return WebFigures.Address(
            name: name, perSecond: words[0] / (words[1] / 1e6), failures: Int(words[2]), median: words[3],
            p95: words[4], p99: words[5])
    }

    private func ask(_ address: String, seconds: Int, _ script: String) async throws -> [Double] {
        let ended = try await Subprocess.run(
            .name("wrk"),
            arguments: ["-t2", "-c\(Self.clients)", "-d\(seconds)s", "--timeout", "20s", "-s", script, address],
            output: .string(limit: 1 << 16), error: .currentStandardError)
        let line = ended.standardOutput.split(separator: "\n").first { $0.hasPrefix("measured ") }
        return line?.split(separator: " ").dropFirst().compactMap { Double($0) } ?? []
    }
}

enum WebBenchmarkError: Error, CustomStringConvertible {
    case noServer
    case noFigures(String)

    var description: String {
        switch self {
        case .noServer: "the web server did not start (its messages are above)"
        case .noFigures(let address): "wrk gave no figures for \(address) (its messages are above)"
        }
    }
}

struct WebFigures: Sendable {
    struct Address: Sendable {
        let name: String
        let perSecond: Double
        /// Requests that were not answered with 200, or not within 20 seconds.
        let failures: Int
        /// Milliseconds.
        let median: Double
        let p95: Double
        let p99: Double

        var isWithinAim: Bool { perSecond > 0 && failures == 0 && p95 < 50 }
    }

    let builds: Int
    let traps: Int
    let clients: Int
    var addresses: [Address] = []
    /// The most that the server had in memory.
    var serverBytes = 0
    var databaseBytes = 0

    private var failures: Int { addresses.reduce(0) { $0 + $1.failures } }
    private var slowest: Address? { addresses.max { $0.p95 < $1.p95 } }

    func json() throws -> String {
        let values: [String: Double] = [
            "builds": Double(builds), "traps": Double(traps), "clients": Double(clients),
            "slowestP95Milliseconds": slowest?.p95 ?? 0,
            "within50Milliseconds": Double(addresses.count(where: \.isWithinAim)), "failures": Double(failures),
            "addresses": Double(addresses.count),
            "serverMegabytes": Double(serverBytes) / 1e6,
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    func table() -> String {
        var lines = [
            "\(builds) builds and \(traps) traps, \(clients) clients at once on this machine.", "",
            "| address | requests/s | median, ms | 95 %, ms | 99 %, ms | failed |", "|---|--:|--:|--:|--:|--:|",
        ]
        for one in addresses.sorted(by: { $0.p95 > $1.p95 }) {
            let figures = [one.perSecond, one.median, one.p95, one.p99].map { String(format: "%.1f", $0) }
            lines.append("| `\(one.name)` | \(figures.joined(separator: " | ")) | \(one.failures) |")
        }
        lines += [
            "", "\(addresses.count(where: \.isWithinAim)) of \(addresses.count) answer 95 % of requests within 50 ms.",
            "The server's memory at most: \(serverBytes / 1_000_000) MB; the database: \(databaseBytes / 1_000_000) MB.",
        ]
        return lines.joined(separator: "\n")
    }
}
