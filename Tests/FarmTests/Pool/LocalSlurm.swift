// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import PostgresFixture
import Subprocess
import SystemPackage
import Testing

/// A Slurm of this machine alone, as `ops/slurm/cluster` starts it, gone with the test however that ends.
struct LocalSlurm: Sendable {
    let directory: String

    static let isInstalled = ["slurmctld", "slurmd", "munged", "sbatch"].allSatisfy { program in
        ["/usr/sbin", "/usr/bin"].contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    static let checkout = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        .path

    /// The program that is tested lies beside the tests.
    static let program =
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/almanac"
    static var hasProgram: Bool { access(program, X_OK) == 0 }

    nonisolated(nonsending) static func run(
        nodes: Int, _ body: nonisolated(nonsending) (LocalSlurm) async throws -> Void
    ) async throws {
        let slurm = LocalSlurm(directory: try TemporaryDirectory.make())
        let watchdog = try Watchdog(
            as: nil, script: #"cat > /dev/null; exec "$1/ops/slurm/cluster" stop "$2""#, [checkout, slurm.directory])
        defer { watchdog.end() }
        let started = try await Subprocess.run(
            .path(FilePath("\(checkout)/ops/slurm/cluster")),
            arguments: Arguments(["start", slurm.directory, "\(nodes)"]), output: .discarded,
            error: .string(limit: 1 << 20))
        guard started.terminationStatus.isSuccess else { throw FixtureError(started.standardError) }
        try await body(slurm)
    }

    /// Of whoever uses it.
    var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["SLURM_CONF": "\(directory)/slurm.conf"]) { $1 }
    }

    @discardableResult
    func run(_ program: String, _ arguments: String...) async throws -> String {
        let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let result = try await Subprocess.run(
            program.hasPrefix("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables)), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw FixtureError("\(program): \(result.standardError)") }
        return result.standardOutput
    }

    /// Kills a node with all that runs on it, as if its power had gone; or starts it again.
    func set(_ node: String, isUp: Bool) async throws {
        try await run("\(Self.checkout)/ops/slurm/cluster", isUp ? "return" : "fail", directory, node)
    }

    /// The node that a job runs on.
    func node(of job: String) async throws -> String {
        try await run("squeue", "--noheader", "--jobs=\(job)", "--format=%N").trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    /// The jobs on a node.
    func jobs(on node: String) async throws -> Set<String> {
        Set(
            try await run("squeue", "--noheader", "--array", "--nodelist=\(node)", "--format=%i")
                .split(separator: "\n").map(String.init))
    }

    /// All jobs of the cluster that are not over.
    func jobs() async throws -> [SlurmTask] {
        try SlurmTask.parse(try await run("squeue", "--noheader", "--array", "--format=%i|%T|%r"))
    }
}
