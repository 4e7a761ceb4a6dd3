// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// The least free space and the fewest free inodes that a file system was seen to have.
///
/// A build that fills the disk and fails often frees the space as it ends; looking afterwards shows nothing.
struct DiskWatch {
    let directory: Bytes
    private(set) var leastBytes = Int.max
    private(set) var leastInodes = Int.max

    /// Where the `report` command finds what was seen.
    static let record = bytes("/run/guest-disk")

    init(directory: Bytes) { self.directory = directory }

    mutating func look() {
        var status = statvfs()
        guard withCString(directory, { statvfs($0, &status) }) == 0 else { return }
        let freeBytes = Int(status.f_bavail) * Int(status.f_frsize)
        let freeInodes = Int(status.f_favail)
        if freeBytes >= leastBytes && freeInodes >= leastInodes { return }
        leastBytes = min(leastBytes, freeBytes)
        leastInodes = min(leastInodes, freeInodes)
        write()
    }

    /// Fixed width, written by one call, so that a reader never sees a mixture of two records.
    private func write() {
        let descriptor = withCString(DiskWatch.record) { linux_open($0, O_WRONLY | O_CREAT, 0o644) }
        if descriptor < 0 { return }
        let line = decimal(leastBytes, digits: 20) + bytes(" ") + decimal(leastInodes, digits: 20) + bytes("\n")
        _ = writeAll(line, to: descriptor)
        close(descriptor)
    }
}
