// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Guests whose process died without cleaning up.
package enum LeftoverGuests {
    /// Ends and removes the guests of this host in the subdirectories of `runs` whose owner is gone; tells which.
    ///
    /// Those of other hosts that share the directory are left to them.
    ///
    /// QEMU dies with its owner by itself; one that is still there is recognised by its command line, never by its
    /// name or number alone.
    @discardableResult
    package static func sweep(_ runs: String) async throws -> [String] {
        try await BlockingWork.run("sweep") {
            guard FileTree.exists(runs) else { return [] }
            var swept: [String] = []
            for name in try FileTree.names(in: runs) {
                let files = GuestFiles(directory: "\(runs)/\(name)")
                guard FileTree.exists(files.transient) else { continue }
                if let owner = GuestOwner.read(from: files), owner.mayLive { continue }
                endMachine(files)
                try FileTree.remove(files.transient)
                swept.append(files.directory)
            }
            return swept
        }
    }

    /// Removes all that is left of guests whose owner is known to be gone, on whatever host it was; tells which.
    ///
    /// One that lives on this host all the same is left alone.
    @discardableResult
    package static func remove(_ directories: [String]) async throws -> [String] {
        try await BlockingWork.run("sweep") {
            var removed: [String] = []
            for directory in directories {
                let files = GuestFiles(directory: directory)
                if let owner = GuestOwner.read(from: files) {
                    if owner.livesHere { continue }
                    if owner.host == GuestOwner.hostHere { endMachine(files) }
                }
                try FileTree.remove(directory)
                removed.append(directory)
            }
            return removed
        }
    }

    private static func endMachine(_ files: GuestFiles) {
        guard let bytes = try? FileTree.read(files.process),
            let process = Int32(String(decoding: bytes, as: UTF8.self).prefix { !$0.isNewline }),
            // Opened before it is looked at: from then on the number means this process.
            let running = try? RunningProcess.existing(process),
            let command = try? FileTree.read("/proc/\(process)/cmdline"),
            String(decoding: command, as: UTF8.self).contains(files.scratch)
        else { return }
        running.kill()
    }
}
