// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// What keeps the farm from working.
package enum FarmTrouble: Sendable, Equatable {
    case noWorker
    case disk(path: String, freeBytes: Int64)
    case pool(name: String, problem: String)

    /// Less than this is trouble.
    package static let leastSpace: Int64 = 2 << 30

    var kind: String {
        switch self {
        case .noWorker: "no-worker"
        case .disk: "disk"
        case .pool: "pool"
        }
    }

    package var text: String {
        switch self {
        case .noWorker: "builds are ready and no worker has been there for ten minutes; look at 'almanac status'"
        case .pool(let name, let problem): "the pool \(name) starts no workers: \(problem)"
        case .disk(let path, let free): "only \(free >> 20) MiB are free below \(path); shorten retention or move it"
        }
    }

    /// Space for who is not root below a path, in bytes; nil where it cannot be told.
    package static func freeBytes(_ path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
