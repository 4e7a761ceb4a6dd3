// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// The disk that a guest writes to: a sparse file whose size is the limit.
enum ScratchDisk {
    /// Makes an empty ext4 without a journal, since it is thrown away, and with inodes that can hold dates after 2038.
    static func make(_ path: String, bytes: Int) async throws {
        try await BlockingWork.run("disk") {
            let file = try Descriptor.create(path)
            try SystemCall.check(ftruncate(file.number, bytes), "sizing", path)
        }
        try await HostProgram.makeExt4.run([
            "-q", "-F", "-t", "ext4", "-I", "256", "-m", "0", "-O", "^has_journal,^resize_inode",
            "-E", "lazy_itable_init=1,nodiscard,root_owner=0:0", path,
        ])
    }
}
