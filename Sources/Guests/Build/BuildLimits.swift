// SPDX-License-Identifier: GPL-3.0-or-later

/// What one build may take.
package struct BuildLimits: Codable, Hashable, Sendable {
    /// Of the build alone, on the host's clock.
    package var wallTime: Duration
    /// Without a word from the builder.
    package var silence: Duration
    /// Bytes of the builder's output that are kept, before compression.
    package var logBytes: Int
    /// Bytes of the guest's disk: what is built, its outputs and temporary files.
    package var diskBytes: Int
    /// MiB of the guest's memory.
    package var memory: Int
    /// Bytes of all outputs together.
    package var outputBytes: UInt64
    /// From the start of QEMU until the guest is ready.
    package var bootTime: Duration

    package init(
        wallTime: Duration = .seconds(4 * 3600), silence: Duration = .seconds(3600), logBytes: Int = 64 << 20,
        diskBytes: Int = 16 << 30, memory: Int = 2048, outputBytes: UInt64 = 8 << 30,
        bootTime: Duration = .seconds(180)
    ) {
        self.wallTime = wallTime
        self.silence = silence
        self.logBytes = logBytes
        self.diskBytes = diskBytes
        self.memory = memory
        self.outputBytes = outputBytes
        self.bootTime = bootTime
    }
}
