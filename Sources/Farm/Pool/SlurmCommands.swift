// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import Subprocess
import SystemPackage

/// Slurm as one farm uses it: its own jobs, known by their name, through sbatch, squeue and scancel.
///
/// Nothing is remembered here: what the farm submitted is what Slurm lists under the farm's name.
package struct SlurmCommands: Sendable {
    private let settings: SlurmSettings
    private let configuration: FarmConfiguration
    private let environment: [String: String]
    /// An answer that takes longer is none.
    private let limit: Duration
    /// Of all jobs of this farm; another farm of the same user has another data directory.
    package let name: String

    /// - Parameter environment: of this process; jobs are given what is named in `inherited`, and no more.
    package init(
        _ configuration: FarmConfiguration, environment: [String: String], limit: Duration = .seconds(60)
    ) {
        settings = configuration.slurm
        self.configuration = configuration
        self.environment = environment
        self.limit = limit
        var hasher = ContentHasher(.sha256)
        hasher.update(Array(configuration.data.utf8))
        name =
            "almanac-"
            + hasher.finalize().bytes.prefix(4).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
    }

    /// The farm's jobs that are not over, in the order in which they were submitted.
    package func tasks() async throws -> [SlurmTask] {
        let output = try await run(
            "squeue",
            ["--noheader", "--array", "--me", "--name=\(name)", "--sort=V,i", "--format=\(SlurmTask.format)"])
        return try SlurmTask.parse(output)
    }

    /// Submits an array of so many jobs with a worker each.
    ///
    /// - Returns: the array's number.
    package func submit(_ count: Int) async throws -> String {
        // As a file: what is written to a program that has ended would end this one.
        let file = "\(configuration.dataDirectory.workers)/job.sh"
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        return try SlurmTask.submitted(try await run("sbatch", arguments(count) + [file]))
    }

    /// Cancels jobs; those that are over are no error.
    ///
    /// - Parameter isGentle: only their workers are told, which give their builds back and end.
    package func cancel(_ ids: [String], isGentle: Bool = false) async throws {
        for begin in stride(from: 0, to: ids.count, by: 200) {
            let some = Array(ids[begin..<min(begin + 200, ids.count)])
            _ = try await run("scancel", ["--quiet"] + (isGentle ? ["--batch", "--signal=TERM"] : []) + some)
        }
    }

    /// Where a job's worker writes what it has to say.
    func log(of job: String) -> String { "\(configuration.dataDirectory.workers)/slurm-\(job).log" }

    func arguments(_ count: Int) -> [String] {
        var words = [
            "--parsable", "--job-name=\(name)", "--array=0-\(count - 1)", "--nodes=1", "--ntasks=1",
            "--cpus-per-task=\(settings.guests)", "--mem=\(settings.guests * configuration.guestMemory + 512)M",
            "--time=\((settings.timeLimit.seconds + 59) / 60)", "--no-requeue", "--export=ALL",
            "--chdir=\(configuration.data)", "--output=\(log(of: "%A_%a"))",
        ]
        if let partition = settings.partition { words.append("--partition=\(partition)") }
        if let constraint = settings.constraint { words.append("--constraint=\(constraint)") }
        if let account = settings.account { words.append("--account=\(account)") }
        return words + settings.options
    }

    /// The job: one worker in place of the shell, so that it is what Slurm's signals reach.
    var script: String {
        let program = settings.program ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let words = [
            program ?? "almanac", "work", "--data", configuration.data, "--guests", "\(settings.guests)",
            "--leave-when-idle", "\(settings.idle.seconds)", "--leave-after", "\(settings.lastClaim.seconds)",
        ]
        return "#!/bin/sh\nexec " + words.map(Self.quoted).joined(separator: " ") + "\n"
    }

    private static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }

    /// What Slurm's programs and the job find in their environment: nothing else that the server was started with.
    var jobEnvironment: [String: String] {
        var chosen = environment.filter { Self.inherited.contains($0.key) }
        chosen["ALMANAC_GUEST_INIT"] = configuration.guestInit
        chosen["ALMANAC_GUEST_MEMORY"] = "\(configuration.guestMemory)"
        chosen["DATABASE_URL"] = configuration.databaseURL
        return chosen
    }

    private static let inherited: Set<String> = [
        "ALMANAC_LOG_LEVEL", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "SLURM_CONF", "USER",
    ]

    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await answer(program, arguments) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw SlurmError.tookTooLong(program, limit)
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() else { throw CancellationError() }
            return output
        }
    }

    private func answer(_ program: String, _ arguments: [String]) async throws -> String {
        let variables = jobEnvironment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        do {
            let path = environment["PATH"].flatMap { Self.find(program, in: $0) } ?? program
            let result = try await Subprocess.run(
                path.contains("/") ? .path(FilePath(path)) : .name(path), arguments: Arguments(arguments),
                environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
                output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
            guard result.terminationStatus.isSuccess else {
                throw SlurmError.refused(
                    program,
                    complaint: result.standardError.isEmpty ? "\(result.terminationStatus)" : result.standardError)
            }
            return result.standardOutput
        } catch let error as SubprocessError {
            if Task.isCancelled { throw CancellationError() }
            throw SlurmError.missing(program, reason: "\(error)")
        }
    }

    private static func find(_ program: String, in path: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
