// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Synchronization

/// The file that a server in the background writes its log to, and what the Swift runtime says of a crash: one that has
/// become large is kept as `NAME.1`, in place of the one before it, and a new one is begun.
///
/// Whoever writes to the standard streams writes to the one file or the other, never to none: the descriptors are led
/// elsewhere in one step, and both files are there then.
package final class BoundedLog: Sendable {
    /// Bytes; a line may go beyond.
    package static let limit = 16 << 20

    private let path: String
    private let limit: Int
    private let descriptors: [Int32]
    private let turn = Mutex(())

    /// - Parameter descriptors: may lead to the file; nil when none does, as the log is somebody else's then.
    package init?(
        path: String, limit: Int = BoundedLog.limit, descriptors: [Int32] = [STDOUT_FILENO, STDERR_FILENO]
    ) {
        var file = stat()
        guard stat(path, &file) == 0 else { return nil }
        self.path = path
        self.limit = limit
        self.descriptors = descriptors.filter { descriptor in
            Self.status(descriptor).map { $0.st_dev == file.st_dev && $0.st_ino == file.st_ino } ?? false
        }
        if self.descriptors.isEmpty { return nil }
    }

    private static func status(_ descriptor: Int32) -> stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status : nil
    }

    /// Begins a new file where the present one is full; where that fails, as on a full disk, the present one goes on.
    package func checkSize() {
        turn.withLock { _ in
            guard let size = Self.status(descriptors[0])?.st_size, size >= limit else { return }
            let next = path + ".new"
            let file = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
            guard file >= 0 else { return }
            defer { close(file) }
            guard rename(path, path + ".1") == 0 || errno == ENOENT, rename(next, path) == 0 else { return }
            for descriptor in descriptors { dup2(file, descriptor) }
        }
    }
}
