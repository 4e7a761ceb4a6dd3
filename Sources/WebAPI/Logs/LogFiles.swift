// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import ThreadExecutors

/// Reads log files on a thread of its own, piece by piece, so that no request waits for a disk on the cooperative pool.
actor LogFiles {
    private let executor = ThreadExecutor(name: "log reader")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How much is read at once, in bytes.
    static let pieceSize = 1 << 16

    /// An open file; closed with its last reference.
    final class Handle: Sendable {
        fileprivate let descriptor: Int32
        /// In bytes, when it was opened.
        let size: Int
        /// Of the last change, in nanoseconds since 1970.
        let modified: Int

        fileprivate init(descriptor: Int32, status: stat) {
            self.descriptor = descriptor
            size = Int(status.st_size)
            modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
        }

        deinit {
            close(descriptor)
        }
    }

    /// Nil where there is no such regular file.
    func open(_ path: String) -> Handle? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        return Handle(descriptor: descriptor, status: status)
    }

    /// The bytes at an offset, at most `limit`; none at the end.
    func read(_ file: Handle, at offset: Int, limit: Int = pieceSize) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(limit, Self.pieceSize))
        while true {
            let count = pread(file.descriptor, &bytes, bytes.count, offset)
            if count >= 0 { return Array(bytes.prefix(count)) }
            guard errno == EINTR else { throw LogError.unreadable(reason: String(cString: strerror(errno))) }
        }
    }
}

/// What can be wrong with a stored log.
enum LogError: Error, Equatable {
    case unreadable(reason: String)
    /// It is no gzip file, or a damaged one.
    case damaged
}
