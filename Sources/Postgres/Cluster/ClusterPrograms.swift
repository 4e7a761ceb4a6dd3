// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// PostgreSQL's server programs of one major version.
struct ClusterPrograms: Sendable, Equatable {
    let directory: String
    let version: Int

    static let oldestVersion = 15

    var initdb: String { "\(directory)/initdb" }
    var control: String { "\(directory)/pg_ctl" }
    var server: String { "\(directory)/postgres" }

    /// The newest programs, or those of the version that an existing cluster needs.
    static func find(
        in chosen: String?, version: Int?, user: ClusterUser
    ) async throws(PostgresClusterError) -> ClusterPrograms {
        var found: [ClusterPrograms] = []
        for directory in chosen.map({ [$0] }) ?? candidates() {
            guard ["initdb", "pg_ctl", "postgres"].allSatisfy({ access("\(directory)/\($0)", X_OK) == 0 }) else {
                continue
            }
            let answer = try await user.run("\(directory)/postgres", ["--version"])
            guard let number = majorVersion(answer.output) else { continue }
            found.append(ClusterPrograms(directory: directory, version: number))
        }
        let suitable = found.filter { version == nil ? $0.version >= oldestVersion : $0.version == version }
        guard let newest = suitable.max(by: { $0.version < $1.version }) else {
            throw .programsMissing(version: version)
        }
        return newest
    }

    /// Debian's directories, then those of PATH.
    private static func candidates() -> [String] {
        let debian = (FilePaths.entries(of: "/usr/lib/postgresql") ?? []).map { "/usr/lib/postgresql/\($0)/bin" }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return debian + path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// The 15 of `postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)`.
    static func majorVersion(_ line: String) -> Int? {
        let words = line.split(separator: " ")
        guard words.count >= 3, words[1] == "(PostgreSQL)" else { return nil }
        return Int(words[2].prefix { $0.isNumber })
    }
}
