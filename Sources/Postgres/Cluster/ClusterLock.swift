// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres
import Glibc

/// Keeps two processes from starting or stopping one cluster at the same time; ends with the process at the latest.
struct ClusterLock: Sendable {
    private let file: Int32

    static func take(_ directory: String, patience: Duration) async throws(PostgresClusterError) -> ClusterLock {
        let path = "\(directory)/lock"
        let file = almanac_pg_create(path, 0o600)
        guard file >= 0 else { throw .path(path, reason: FilePaths.reason()) }
        let deadline = ContinuousClock.now + patience
        while almanac_pg_try_lock(file) != 0 {
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                close(file)
                throw .locked(directory: directory)
            }
            guard ContinuousClock.now < deadline else {
                close(file)
                throw .locked(directory: directory)
            }
        }
        return ClusterLock(file: file)
    }

    func release() {
        close(file)
    }
}
