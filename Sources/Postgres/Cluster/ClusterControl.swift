// SPDX-License-Identifier: GPL-3.0-or-later

/// Starts and stops the server of a cluster by `pg_ctl`.
struct ClusterControl {
    let placement: ClusterPlacement
    let programs: ClusterPrograms
    let patience: Duration

    /// Starts the server unless it runs.
    ///
    /// - Parameter reloading: whether a running one is to read its settings again.
    func start(reloading: Bool) async throws(PostgresClusterError) -> Postmaster {
        let deadline = ContinuousClock.now + patience
        var reloading = reloading
        while true {
            switch Postmaster.find(data: placement.data) {
            case .running(let postmaster):
                if reloading { _ = try await control(["reload"]) }
                if try await isReady(postmaster, before: deadline) { return postmaster }
            case .stale(let process):
                try await removeRemains(of: process, before: deadline)
            case .absent:
                try await startServer(before: deadline)
                reloading = false
            }
        }
    }

    /// Stops the server; sessions are ended at once.
    func stop() async throws(PostgresClusterError) {
        let ended = try await control(["stop", "--mode=fast", "--wait", "--timeout=\(patienceSeconds)"])
        if !ended.isSuccess, case .running = Postmaster.find(data: placement.data) {
            throw .stopFailed(output: ended.output)
        }
    }

    /// Removes the lock files of a server that is dead although its number is taken, once none of its processes is left.
    private func removeRemains(
        of process: Int32, before deadline: ContinuousClock.Instant
    ) async throws(PostgresClusterError) {
        while Postmaster.isOccupied(data: placement.data) {
            guard ContinuousClock.now < deadline else { throw .startFailed(log: logEnd()) }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { throw .unusable(.cancelled) }
        }
        try await placement.user.require(
            """
            rm -f "$1"
            for lock in "$2"/.s.PGSQL.*.lock; do
                [ -f "$lock" ] && [ "$(head -n 1 "$lock")" = "$3" ] && rm -f "$lock"
            done
            true
            """, "\(placement.data)/postmaster.pid", placement.socketDirectory, String(process))
    }

    private var patienceSeconds: Int64 { max(1, patience.components.seconds) }

    private func control(_ arguments: [String]) async throws(PostgresClusterError) -> ClusterUser.Ended {
        try await placement.user.run(programs.control, arguments + ["--pgdata=\(placement.data)", "--silent"])
    }

    private func startServer(before deadline: ContinuousClock.Instant) async throws(PostgresClusterError) {
        try await placement.user.require(": > \"$1\"", placement.startLog)
        let ended = try await control(
            ["start", "--wait", "--timeout=\(patienceSeconds)", "--log=\(placement.startLog)"])
        if ended.isSuccess { return }
        let log = logEnd()
        // The processes of a server that was killed take a moment to notice.
        guard log.contains("still in use"), ContinuousClock.now < deadline else { throw .startFailed(log: log) }
        do { try await Task.sleep(for: .milliseconds(200)) } catch { throw .startFailed(log: log) }
    }

    /// Waits for a server that is still recovering.
    ///
    /// - Returns: false when it was stopping and is gone now.
    private func isReady(
        _ postmaster: Postmaster, before deadline: ContinuousClock.Instant
    ) async throws(PostgresClusterError) -> Bool {
        let configuration = PostgresConfiguration(
            socketDirectory: postmaster.socketDirectory, port: postmaster.port, database: "postgres", user: "postgres")
        while true {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(configuration)
                await connection.close()
                return true
            } catch {
                if Postmaster.find(data: placement.data) != .running(postmaster) { return false }
                guard ContinuousClock.now < deadline, error != .cancelled else { throw .unusable(error) }
            }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .unusable(.cancelled) }
        }
    }

    /// The end of what the server said before and after its log was open.
    private func logEnd() -> String {
        let logs = (FilePaths.entries(of: placement.logs) ?? []).map { "\(placement.logs)/\($0)" }
        let newest = logs.max { (FilePaths.facts($0)?.modified ?? 0) < (FilePaths.facts($1)?.modified ?? 0) }
        let ends = [placement.startLog, newest].compactMap { $0.flatMap { FilePaths.text($0) } }
        return ends.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
