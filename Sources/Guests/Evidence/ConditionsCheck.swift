// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// Compares what a guest says of itself with what it was asked to be.
package struct ConditionsCheck: Sendable {
    package let conditions: Conditions
    /// MiB.
    package let memory: Int

    package init(conditions: Conditions, memory: Int) {
        self.conditions = conditions
        self.memory = memory
    }

    /// What is wrong with the machine itself; nothing when all is as asked.
    ///
    /// - Parameter warnings: what QEMU printed about the processor.
    package func mismatches(in report: GuestReport, warnings: [String]) -> [ConditionsMismatch] {
        var found: [ConditionsMismatch] = []
        if report.kernel != conditions.kernel.rawValue {
            found.append(.kernel(asked: conditions.kernel.rawValue, found: report.kernel))
        }
        if report.processors != conditions.cores {
            found.append(.cores(asked: conditions.cores, found: report.processors))
        }
        // The kernel keeps some memory for itself: about a tenth of a small guest's.
        if report.memory / 1024 > memory || report.memory / 1024 < memory * 3 / 4 {
            found.append(.memory(asked: memory, found: report.memory / 1024))
        }
        if !warnings.isEmpty { found.append(.cpuNotInFull(warnings)) }
        let flags = Set(report.cpuFlags)
        let lacking = CPUFlags.required(by: conditions.cpu).filter { !flags.contains($0) }
        if !lacking.isEmpty { found.append(.cpuLacks(lacking)) }
        let excess = CPUFlags.forbidden(by: conditions.cpu).filter { flags.contains($0) }
        if !excess.isEmpty { found.append(.cpuHasToo(excess)) }
        return found
    }

    /// Whether the guest's clock shows the asked date, `elapsed` after it was set to it.
    package func mismatch(of reading: ClockReading, elapsed: Duration) -> ConditionsMismatch? {
        let expected = Duration.seconds(conditions.date.seconds) + elapsed
        let error = reading.guest - expected
        let allowed = ClockTolerance.date + ClockTolerance.allowed(elapsed: elapsed, uncertainty: reading.uncertainty)
        guard abs(error) > allowed else { return nil }
        return .date(
            asked: conditions.date.description, found: reading.instant.description, offBy: error / .seconds(1))
    }

    /// Whether the guest's clock ran as fast as the host's between two readings.
    package static func mismatch(from first: ClockReading, to last: ClockReading) -> ConditionsMismatch? {
        let elapsed = first.host.duration(to: last.host)
        let drift = last.drift(since: first)
        let allowed = ClockTolerance.allowed(elapsed: elapsed, uncertainty: first.uncertainty + last.uncertainty)
        guard abs(drift) > allowed else { return nil }
        return .rate(gained: drift / .seconds(1), within: elapsed / .seconds(1))
    }

    private func abs(_ duration: Duration) -> Duration { ConditionsCheck.abs(duration) }

    private static func abs(_ duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }
}
