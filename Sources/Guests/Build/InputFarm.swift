// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// A directory of hard links to a few items of a store: what a guest sees instead of the whole store.
///
/// Links cost no space and no copying; a guest cannot change what they lead to, since it is shared read-only.
struct InputFarm {
    /// The host's directory of store items.
    let store: String
    /// Where the farm grows; must exist, on the same file system.
    let farm: String

    /// Links items, by their names in the store. Blocks.
    func add(_ items: [String]) throws(GuestError) {
        for item in items { try link("\(store)/\(item)", to: "\(farm)/\(item)") }
    }

    private func link(_ source: String, to target: String) throws(GuestError) {
        guard let status = try FileTree.status(source) else {
            throw .file(source, operation: "sharing", code: ENOENT)
        }
        if FileTree.isDirectory(status) { return try copyDirectory(source, status, to: target) }
        if Glibc.link(source, target) == 0 { return }
        // Many links to one file are possible where a store is deduplicated; ext4 allows 65,000.
        guard errno == EMLINK else { throw .file(source, operation: "linking", code: errno) }
        try copyFile(source, status, to: target)
    }

    /// Makes a directory with links to all that is in it, and the same mode and time.
    private func copyDirectory(_ source: String, _ status: stat, to target: String) throws(GuestError) {
        try SystemCall.check(mkdir(target, 0o700), "making directory", target)
        for name in try FileTree.names(in: source) { try link("\(source)/\(name)", to: "\(target)/\(name)") }
        try SystemCall.check(chmod(target, status.st_mode & 0o7777), "setting the mode of", target)
        try setTime(status, of: target)
    }

    private func copyFile(_ source: String, _ status: stat, to target: String) throws(GuestError) {
        try FileTree.write(try FileTree.read(source, limit: 4 << 30), to: target)
        try SystemCall.check(chmod(target, status.st_mode & 0o7777), "setting the mode of", target)
        try setTime(status, of: target)
    }

    private func setTime(_ status: stat, of target: String) throws(GuestError) {
        let times = [status.st_atim, status.st_mtim]
        try SystemCall.check(utimensat(AT_FDCWD, target, times, 0), "setting the time of", target)
    }
}
