// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// The running server of a cluster, as its file `postmaster.pid` tells; the lines are those of `pidfile.h` in
/// PostgreSQL's source.
struct Postmaster: Sendable, Equatable {
    let process: Int32
    let port: Int
    let socketDirectory: String

    /// What the file says about a data directory.
    enum Finding: Equatable {
        /// There is no server, or the file of one that died, which the next one replaces.
        case absent
        /// The file names a process that exists but is another program, or this server's remains; a new server would not
        /// dare to replace it.
        case stale(process: Int32)
        case running(Postmaster)
    }

    static func find(data: String, processes: String = "/proc") -> Finding {
        guard let text = FilePaths.text("\(data)/postmaster.pid") else { return .absent }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let process = Int32(first) else { return .absent }
        let folder = "\(processes)/\(process)"
        guard FilePaths.exists(folder) else { return .absent }
        // A server's working directory is its data directory.
        guard FilePaths.text("\(folder)/comm")?.hasPrefix("postgres") == true,
            let home = FilePaths.link("\(folder)/cwd"), home == FilePaths.resolved(data)
        else { return .stale(process: process) }
        guard lines.count > 4, let port = Int(lines[3]) else { return .absent }
        return .running(Postmaster(process: process, port: port, socketDirectory: String(lines[4])))
    }

    /// Whether any process works in a data directory, as every process of a server does.
    static func isOccupied(data: String, processes: String = "/proc") -> Bool {
        guard let home = FilePaths.resolved(data) else { return false }
        return (FilePaths.entries(of: processes) ?? []).contains { entry in
            Int32(entry) != nil && FilePaths.link("\(processes)/\(entry)/cwd") == home
        }
    }
}
