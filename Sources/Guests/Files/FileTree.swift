// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Directories with everything in them. Calls block: run them through `BlockingWork`.
enum FileTree {
    /// Makes a directory and its missing parents.
    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(GuestError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .file(path, operation: "making directory", code: errno)
        }
        try makeDirectories(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0 && errno != EEXIST {
            throw .file(path, operation: "making directory", code: errno)
        }
    }

    /// The names in a directory, sorted by bytes.
    static func names(in path: String) throws(GuestError) -> [String] {
        guard let directory = opendir(path) else { throw .file(path, operation: "listing", code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// What is at `path` itself, a link not followed; nil where there is nothing.
    static func status(_ path: String) throws(GuestError) -> stat? {
        var status = stat()
        if lstat(path, &status) == 0 { return status }
        if errno == ENOENT { return nil }
        throw .file(path, operation: "looking at", code: errno)
    }

    static func isDirectory(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFDIR }

    /// Removes `path` with everything below; nothing there is no error. Directories that forbid it are opened first.
    static func remove(_ path: String) throws(GuestError) {
        guard let status = try status(path) else { return }
        guard isDirectory(status) else {
            try SystemCall.check(unlink(path), "removing", path)
            return
        }
        if status.st_mode & 0o700 != 0o700 { try SystemCall.check(chmod(path, 0o700), "opening", path) }
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        try SystemCall.check(rmdir(path), "removing", path)
    }

    /// A whole file of at most `limit` bytes.
    static func read(_ path: String, limit: Int = 256 << 20) throws(GuestError) -> [UInt8] {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        try SystemCall.check(number, "opening", path)
        let file = Descriptor(number)
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 17)
        while content.count <= limit {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file.number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .file(path, operation: "reading", code: errno) }
            if count == 0 { return content }
            content += chunk[0..<count]
        }
        throw .file(path, operation: "reading", code: EFBIG)
    }

    static func write(_ content: [UInt8], to path: String, mode: UInt32 = 0o644) throws(GuestError) {
        try Descriptor.create(path, mode: mode).write(content[...])
    }

    static func setMode(_ mode: UInt32, of path: String) throws(GuestError) {
        try SystemCall.check(chmod(path, mode), "setting the mode of", path)
    }

    static func makeLink(_ path: String, to target: String) throws(GuestError) {
        try SystemCall.check(symlink(target, path), "making link", path)
    }

    /// Gives a file or directory its final name, replacing a file of that name.
    static func rename(_ path: String, to target: String) throws(GuestError) {
        try SystemCall.check(Glibc.rename(path, target), "renaming to \(target)", path)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
