// SPDX-License-Identifier: GPL-3.0-or-later

/// What one run may take before it is stopped.
package struct BuildLimits: Hashable, Sendable, Encodable {
    /// Of the whole build, in the host's time.
    package var buildTime: TimeSpan
    /// Without a line of output.
    package var silentTime: TimeSpan
    /// Of the guest.
    package var memory: ByteCount
    /// Of the log as the build writes it; the rest is dropped with a note.
    package var logSize: ByteCount
    /// Of the disk the build writes to.
    package var scratchSize: ByteCount

    package init(
        buildTime: TimeSpan = TimeSpan(seconds: 6 * 3_600), silentTime: TimeSpan = TimeSpan(seconds: 3_600),
        memory: ByteCount = .gibibytes(2), logSize: ByteCount = .mebibytes(64),
        scratchSize: ByteCount = .gibibytes(8)
    ) {
        self.buildTime = buildTime
        self.silentTime = silentTime
        self.memory = memory
        self.logSize = logSize
        self.scratchSize = scratchSize
    }
}
