// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// Where a cluster's files are.
///
/// The home directory belongs to the server's user and is of mode 0700: whoever can enter it is let in by the server.
/// Root writes in it only as that user.
struct ClusterPlacement: Sendable {
    /// The directory itself, or one in the refuge.
    let home: String
    let user: ClusterUser

    var data: String { "\(home)/data" }
    var startLog: String { "\(home)/start.log" }
    var logs: String { "\(home)/log" }
    var exists: Bool { FilePaths.exists(data) }

    private static let ownEntries: Set<String> = ["data", "lock", "log", "socket", "start.log"]

    /// Finds an existing cluster, or prepares the place for a new one.
    static func resolve(
        _ configuration: PostgresClusterConfiguration
    ) async throws(PostgresClusterError) -> ClusterPlacement {
        let directory = configuration.directory
        let marker = "\(directory)/location"
        if let text = FilePaths.text(marker) {
            let home = String(text.prefix { $0 != "\n" })
            guard let owner = FilePaths.facts(home)?.owner else {
                throw .corrupt(directory: directory, reason: "the file location in it names \(home), which is gone")
            }
            return ClusterPlacement(home: home, user: try ClusterUser.choose(owner: owner, of: home))
        }
        if let owner = FilePaths.facts("\(directory)/data")?.owner {
            return ClusterPlacement(home: directory, user: try ClusterUser.choose(owner: owner, of: directory))
        }
        try refuseForeign(directory)
        return try await prepare(configuration, marker: marker)
    }

    private static func refuseForeign(_ directory: String) throws(PostgresClusterError) {
        for entry in FilePaths.entries(of: directory) ?? []
        where !ownEntries.contains(entry) && !entry.hasPrefix("data.new") {
            throw .foreignDirectory(directory, entry: entry)
        }
    }

    private static func prepare(
        _ configuration: PostgresClusterConfiguration, marker: String
    ) async throws(PostgresClusterError) -> ClusterPlacement {
        let directory = configuration.directory
        let user = try ClusterUser.choose(owner: nil, of: directory)
        let placement = ClusterPlacement(home: directory, user: user)
        try placement.takeHome()
        if try await placement.isReachable() { return placement }
        try FilePaths.makeDirectories(configuration.refuge)
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        let refuge = ClusterPlacement(home: "\(configuration.refuge)/\(name)", user: user)
        try FilePaths.makeDirectories(refuge.home)
        try refuge.takeHome()
        guard try await refuge.isReachable() else {
            rmdir(refuge.home)
            throw .unreachable(directory: directory, refuge: configuration.refuge, user: user.name)
        }
        try await ClusterUser.ourselves.require(
            "cat > \"$1.new\" && mv \"$1.new\" \"$1\"", marker, input: refuge.home + "\n")
        return refuge
    }

    private func takeHome() throws(PostgresClusterError) {
        guard chmod(home, 0o700) == 0, !user.isAssumed || chown(home, user.id, user.group) == 0 else {
            throw .path(home, reason: FilePaths.reason())
        }
    }

    private func isReachable() async throws(PostgresClusterError) -> Bool {
        try await user.shell("cd \"$1\"", [home]).isSuccess
    }

    // MARK: The socket

    /// The longest path of a unix socket, unix(7).
    private static let socketPathLimit = 107

    /// The directory of the server's socket: in the home or, if the path gets too long, in /tmp, named after it.
    var socketDirectory: String {
        let own = "\(home)/socket"
        if "\(own)/.s.PGSQL.5432".utf8.count <= Self.socketPathLimit { return own }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in home.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "/tmp/pg-\(user.id)-\(String(hash, radix: 16))"
    }

    /// Makes the socket's directory, which only the server's user may enter.
    func makeSocketDirectory() async throws(PostgresClusterError) {
        let path = socketDirectory
        try await user.require("mkdir -m 700 \"$1\" 2>/dev/null || [ -d \"$1\" ]", path)
        guard let facts = FilePaths.facts(path), facts.isDirectory, facts.owner == user.id, facts.permissions == 0o700
        else { throw .path(path, reason: "is no directory of mode 0700 of the user \(user.name); remove it") }
    }
}

extension ClusterUser {
    /// The user of this process.
    static var ourselves: ClusterUser {
        ClusterUser(id: geteuid(), group: getegid(), name: "number \(geteuid())", isAssumed: false)
    }
}
