// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// What a run's guest was, as it was observed: kept with the run for good.
package struct GuestEvidence: Codable, Hashable, Sendable {
    package var asked: Conditions
    /// The guest's date when the build was about to begin.
    package var began: Instant
    /// The guest's date when the build was over; nil when the guest could not be asked any more.
    package var ended: Instant?
    /// Seconds from `began` to `ended` by the host's clock.
    package var elapsed: Double?
    /// Seconds by which the guest's clock gained on the host's within `elapsed`; negative when it lost.
    package var drift: Double?
    package var clockSource: String
    package var cpu: String
    package var cpuFlags: [String]
    package var kernel: String
    package var cores: Int
    /// KiB, as the guest sees it.
    package var memory: Int
    package var disk: GuestReport.DiskSpace
    package var outOfMemoryKills: Int
    package var accelerator: Accelerator
    package var qemuVersion: String
    package var qemuCommand: [String]
    package var imageHash: String
    package var kernelHash: String

    /// Takes over what is known only afterwards.
    mutating func complete(with report: GuestReport, from first: ClockReading, to last: ClockReading) {
        ended = last.instant
        elapsed = first.host.duration(to: last.host) / .seconds(1)
        drift = last.drift(since: first) / .seconds(1)
        disk = report.disk
        outOfMemoryKills = report.outOfMemoryKills
    }
}
