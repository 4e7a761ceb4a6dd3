// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// Everything that decides what a guest is.
package struct GuestSpecification: Sendable {
    package var conditions: Conditions
    package var accelerator: Accelerator
    /// MiB.
    package var memory: Int
    package var kernel: GuestKernel
    package var image: GuestImage
    package var files: GuestFiles
    /// The directory that store paths begin with.
    package var storeDirectory: String
    /// What the guest copies at boot from the shared directory to its disk.
    package var copies: [Copy]
    /// Ports for one SSH session each.
    package var sessions: Int

    package struct Copy: Hashable, Sendable {
        /// Below the shared directory.
        package var source: String
        /// Below `/scratch`.
        package var target: String
    }

    package init(
        conditions: Conditions, accelerator: Accelerator, memory: Int, kernel: GuestKernel, image: GuestImage,
        files: GuestFiles, storeDirectory: String, copies: [Copy] = [], sessions: Int = 1
    ) {
        self.conditions = conditions
        self.accelerator = accelerator
        self.memory = memory
        self.kernel = kernel
        self.image = image
        self.files = files
        self.storeDirectory = storeDirectory
        self.copies = copies
        self.sessions = sessions
    }

    /// - Throws: `GuestError.unsupported` for conditions that no guest can have.
    package func validate() throws(GuestError) {
        let date = conditions.date
        // Linux refuses a clock that could pass 2^63 nanoseconds within thirty years, and one before its own start.
        guard let first = Instant("1970-02-01T00:00:00Z"), let last = Instant("2232-04-01T00:00:00Z") else { return }
        guard (first...last).contains(date) else {
            throw .unsupported("a guest's clock can be set from \(first) to \(last), not to \(date)")
        }
        guard (1...255).contains(conditions.cores) else { throw .unsupported("\(conditions.cores) cores") }
        guard memory >= 256 else { throw .unsupported("\(memory) MiB of memory: at least 256 are needed") }
        guard conditions.kernel == kernel.release else {
            throw .kernelUnknown(conditions.kernel, available: [kernel.release])
        }
    }
}
