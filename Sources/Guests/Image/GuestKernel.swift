// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// A kernel that guests can boot, with the modules they need, in a directory of `kernels/`.
package struct GuestKernel: Codable, Hashable, Sendable {
    package let release: KernelRelease
    /// The kernel's file: uncompressed where it could be had, which boots in a third of the time.
    package let path: String
    /// An initial file system with the first process and the modules.
    package let initialFileSystem: String
    /// Names of the modules in the order in which they are loaded.
    package let modules: [String]
    /// SHA-256, base 16, of what it was built from.
    package let hash: String

    package init(release: KernelRelease, path: String, initialFileSystem: String, modules: [String], hash: String) {
        self.release = release
        self.path = path
        self.initialFileSystem = initialFileSystem
        self.modules = modules
        self.hash = hash
    }
}
