// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Guests
package import Logging
package import TimeTravel

/// Clears up, not more often than once an hour, what workers left that never came back: the files of their guests, and
/// what jobs of the pool had to say.
///
/// Each host clears up after its own processes. What is left of hosts that are gone only the database knows.
package struct LeftoverSweep: Sendable {
    /// What is kept of what jobs said: 14 days, and of ended jobs no more files than this.
    static let (logDays, mostLogs) = (14, 2_000)

    private let database: FarmDatabase
    private let data: DataDirectory
    private let logger: Logger
    private let now: @Sendable () -> Instant

    package init(
        database: FarmDatabase, data: DataDirectory, logger: Logger, now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.data = data
        self.logger = logger
        self.now = now
    }

    package func callAsFunction() async throws {
        let present = now()
        guard try await database.begin("leftovers", unlessSince: present - 3_600, now: present) else { return }
        let guests = try await removeGuests()
        let files = try await removeWorkerFiles()
        if guests + files > 0 {
            logger.notice(
                "What workers left that are gone was removed", metadata: ["guests": "\(guests)", "files": "\(files)"])
        }
    }

    /// Files of runs that are closed, and of whose worker nothing was heard for longer than any guest lives: a host that the
    /// network has lost may go on with its guests for as long as a build may take.
    private func removeGuests() async throws -> Int {
        let runs = try FileManager.default.contentsOfDirectory(atPath: data.runs).compactMap { Int64($0) }
        if runs.isEmpty { return 0 }
        let age = try await database.longestBuildTime() + 86_400
        let abandoned = try await database.abandoned(runs: runs, seconds: age)
        return try await LeftoverGuests.remove(abandoned.map { "\(data.runs)/\($0)" }).count
    }

    /// A file of a job in the directory of workers' logs, or a lock that the job held.
    private struct JobFile {
        var path: String
        var job: String
        var changed: Instant
        var isLog: Bool
    }

    private func removeWorkerFiles() async throws -> Int {
        let living = try await database.livingJobs()
        let files = try jobFiles().filter { !living.contains($0.job) }
        let oldest = now() - Int64(Self.logDays) * 86_400
        let surplus = files.filter(\.isLog).sorted { $0.changed > $1.changed }.dropFirst(Self.mostLogs)
        // One that has just begun is no worker yet.
        let settled = now() - 3_600
        let doomed =
            files.filter { $0.changed < oldest } + surplus.filter { $0.changed >= oldest && $0.changed < settled }
        for file in doomed where unlink(file.path) != 0 && errno != ENOENT {
            throw FarmError.dataDirectory(path: file.path, reason: String(cString: strerror(errno)))
        }
        return doomed.count
    }

    private func jobFiles() throws -> [JobFile] {
        let kinds = [(data.workers, "slurm-", ".log"), (data.path, "worker-slurm-", ".lock")]
        return try kinds.flatMap { directory, prefix, suffix in
            try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name -> JobFile? in
                guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
                let path = "\(directory)/\(name)"
                let attributes = try? FileManager.default.attributesOfItem(atPath: path)
                guard let date = attributes?[.modificationDate] as? Date else { return nil }
                return JobFile(
                    path: path, job: String(name.dropFirst(prefix.count).dropLast(suffix.count)),
                    changed: Instant(seconds: Int64(date.timeIntervalSince1970)), isLog: suffix == ".log")
            }
        }
    }
}
