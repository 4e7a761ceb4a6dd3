// SPDX-License-Identifier: GPL-3.0-or-later

/// Where one guest's files are, all below one directory that nobody else can enter.
package struct GuestFiles: Hashable, Sendable {
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// What the guest sees, read-only.
    package var share: String { directory + "/guest/share" }
    /// The store items that the guest sees.
    package var store: String { share + "/store" }
    package var scratch: String { directory + "/guest/scratch.img" }
    /// The initial file system, with this guest's keys: readable by its owner only.
    package var initialFileSystem: String { directory + "/guest/initrd.cpio" }
    /// Whose guest it is: process id and start time of the process that runs it.
    package var owner: String { directory + "/guest/owner" }
    package var process: String { directory + "/guest/qemu.pid" }
    /// Everything that is removed when the guest is over.
    package var transient: String { directory + "/guest" }

    package var console: String { directory + "/console.log" }
    package var monitor: String { directory + "/qmp.log" }
    package var errors: String { directory + "/qemu.log" }
}
