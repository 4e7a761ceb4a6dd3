// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// What the fixtures find on this machine.
package enum TestPrograms {
    /// As whom servers run: nil for ourselves, and never root.
    package static let serverUser: String? =
        geteuid() != 0 ? nil : ["postgres", "nobody"].first { getpwnam($0) != nil }

    /// Where the newest PostgreSQL's server programs are.
    package static func directory() throws -> String {
        var versions: [Int] = []
        if let folder = opendir("/usr/lib/postgresql") {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if let version = Int(name) { versions.append(version) }
            }
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let candidates =
            versions.sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" } + path.split(separator: ":").map(String.init)
        guard let found = candidates.first(where: { access("\($0)/initdb", X_OK) == 0 }) else {
            throw FixtureError("PostgreSQL's server programs are missing: install postgresql, or set DATABASE_URL")
        }
        return found
    }
}

/// Directories for one test run.
package enum TemporaryDirectory {
    /// A new directory with a short name, of mode 0700.
    package static func make(for user: String? = nil) throws -> String {
        var template = Array("/tmp/almanac-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureError("mkdtemp: \(String(cString: strerror(errno)))") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let user, let entry = getpwnam(user) {
            guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
                throw FixtureError("chown: \(String(cString: strerror(errno)))")
            }
        }
        return path
    }
}
