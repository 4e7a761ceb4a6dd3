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
