// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Subprocess

/// The user as whom the server runs: we ourselves, or, as PostgreSQL refuses to run as root, another one.
struct ClusterUser: Sendable, Equatable {
    let id: UInt32
    let group: UInt32
    let name: String
    /// Whether we are root and become this user by setpriv(1).
    let isAssumed: Bool

    /// - Parameter owner: of an existing cluster.
    static func choose(owner: UInt32?, of directory: String) throws(PostgresClusterError) -> ClusterUser {
        let own = geteuid()
        guard own == 0 else {
            if let owner, owner != own { throw .foreignOwner(directory: directory, owner: owner) }
            return ClusterUser(id: own, group: getegid(), name: "number \(own)", isAssumed: false)
        }
        if let owner {
            guard owner != 0, let user = lookUp(getpwuid(owner)) else {
                throw .foreignOwner(directory: directory, owner: owner)
            }
            return user
        }
        for name in ["postgres", "nobody"] {
            if let user = lookUp(getpwnam(name)) { return user }
        }
        throw .userMissing
    }

    private static func lookUp(_ entry: UnsafeMutablePointer<passwd>?) -> ClusterUser? {
        guard let entry else { return nil }
        return ClusterUser(
            id: entry.pointee.pw_uid, group: entry.pointee.pw_gid, name: String(cString: entry.pointee.pw_name),
            isAssumed: true)
    }

    /// How a program of this user ended.
    struct Ended: Sendable {
        let isSuccess: Bool
        /// Standard output and error, the last 64 KiB at most.
        let output: String
    }

    /// Runs a program as this user, in a session of its own, so that a terminal's Ctrl-C does not reach it.
    func run(
        _ program: String, _ arguments: [String], input: String = ""
    ) async throws(PostgresClusterError) -> Ended {
        var options = PlatformOptions()
        options.createSession = true
        let become = ["--reuid=\(id)", "--regid=\(group)", "--init-groups", "--"]
        let result: ExecutionResult<Void, StringOutput<UTF8>, CombinedErrorOutput>
        do {
            result = try await Subprocess.run(
                .name(isAssumed ? "setpriv" : "env"),
                arguments: Arguments((isAssumed ? become : []) + [program] + arguments),
                environment: .inherit.updating(["LC_ALL": "C", "LC_MESSAGES": nil, "PGDATA": nil, "PGOPTIONS": nil]),
                platformOptions: options, input: .string(input), output: .string(limit: 1 << 20),
                error: .combinedWithOutput)
        } catch {
            throw .path(program, reason: "could not be run: \(error)")
        }
        return Ended(
            isSuccess: result.terminationStatus.isSuccess, output: String(result.standardOutput.suffix(65_536)))
    }

    /// Runs a line of shell as this user; the arguments are `$1`, `$2`, ….
    func shell(
        _ line: String, _ arguments: [String], input: String = ""
    ) async throws(PostgresClusterError) -> Ended {
        try await run("/bin/sh", ["-c", line, "sh"] + arguments, input: input)
    }

    /// Runs a line of shell that has to succeed.
    func require(
        _ line: String, _ path: String, _ more: String..., input: String = ""
    ) async throws(PostgresClusterError) {
        let ended = try await shell(line, [path] + more, input: input)
        if !ended.isSuccess { throw .path(path, reason: ended.output) }
    }
}
