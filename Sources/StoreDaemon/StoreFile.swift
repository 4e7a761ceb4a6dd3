// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Reading small files of a store.
enum StoreFile {
    /// The bytes of a regular file; nil where there is no such file. A link is not followed.
    ///
    /// - Throws: `StoreDaemonError.file`, also where the file is larger than `limit` bytes.
    static func read(_ path: String, limit: Int) throws(StoreDaemonError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .file(path: path, operation: "opening", code: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .file(path: path, operation: "examining", code: errno) }
        guard status.st_size <= limit else { throw .file(path: path, operation: "reading", code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: status.st_size)
        var count = 0
        while count < bytes.count {
            let received = bytes.withUnsafeMutableBytes {
                pread(file, $0.baseAddress?.advanced(by: count), $0.count - count, count)
            }
            if received < 0 && errno == EINTR { continue }
            guard received > 0 else { throw .file(path: path, operation: "reading", code: received < 0 ? errno : EIO) }
            count += received
        }
        return bytes
    }
}
