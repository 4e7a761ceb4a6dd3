// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// The right to serve a data directory: an advisory lock on a file, given back by the kernel however the holder ends.
///
/// The file carries the holder's process number for people; what decides is the lock, so a file left behind by a
/// killed server means nothing.
package final class ServerLock: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock of the server, or says which process holds it.
    package convenience init(_ data: DataDirectory) throws(FarmError) {
        try self.init(path: data.serverLock)
    }

    /// Takes the lock of a file, or says which process holds it.
    init(path: String) throws(FarmError) {
        self.path = path
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard opened >= 0 else {
            throw .dataDirectory(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.readProcess(opened)
            close(opened)
            throw .alreadyServed(lock: path, process: holder)
        }
        descriptor = opened
        let line = "\(getpid())\n"
        guard ftruncate(opened, 0) == 0, line.withCString({ pwrite(opened, $0, strlen($0), 0) }) > 0 else {
            close(opened)
            throw .dataDirectory(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// The process that serves the directory now, nil when none does.
    package static func holder(of data: DataDirectory) -> Int32? {
        let opened = open(data.serverLock, O_RDWR | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        if flock(opened, LOCK_EX | LOCK_NB) == 0 { return nil }
        let process = readProcess(opened)
        return process > 0 ? process : nil
    }

    /// Removes the file and gives the lock back.
    package func release() {
        unlink(path)
        flock(descriptor, LOCK_UN)
    }

    deinit {
        close(descriptor)
    }

    private static func readProcess(_ descriptor: Int32) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return 0 }
        let digits = buffer.prefix(count).prefix { $0 >= 0x30 && $0 <= 0x39 }
        return Int32(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}
