// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// The few questions about paths that a cluster asks.
enum FilePaths {
    struct Facts {
        let owner: UInt32
        let mode: UInt32
        /// Seconds since 1970 of the last change of its contents.
        let modified: Int

        var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
        var permissions: UInt32 { mode & 0o7777 }
    }

    /// Facts about a path, a symbolic link itself and not what it points to; nil if there is none.
    static func facts(_ path: String) -> Facts? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Facts(owner: status.st_uid, mode: status.st_mode, modified: status.st_mtim.tv_sec)
    }

    static func exists(_ path: String) -> Bool { facts(path) != nil }

    /// The names in a directory, sorted; nil when it cannot be read.
    static func entries(of path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The last bytes of a file as text; nil when it cannot be read.
    static func text(_ path: String, last limit: Int = 4_096) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        lseek(file, max(0, size - limit), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = read(file, &bytes, limit)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Makes a directory and its parents.
    static func makeDirectories(_ path: String) throws(PostgresClusterError) {
        guard path.hasPrefix("/") else { throw .path(path, reason: "a cluster needs an absolute path") }
        var made = ""
        for component in path.split(separator: "/") {
            made += "/\(component)"
            guard mkdir(made, 0o755) != 0, errno != EEXIST else { continue }
            throw .path(made, reason: reason())
        }
    }

    static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    static func link(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4_096)
        let count = readlink(path, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What errno says.
    static func reason() -> String { strerror(errno).map { String(cString: $0) } ?? "error \(errno)" }
}
