// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// The conditions a control build gets: those of the revision's own time, but for what the jobset names.
package struct ReferenceConditions: Hashable, Sendable, Encodable {
    package var date: ConditionsDate
    /// Nil: a processor sold at that date.
    package var cpu: CPUModel?
    package var cores: Int?
    package var kernel: KernelRelease?

    package init(
        date: ConditionsDate = .relative(.release, nil), cpu: CPUModel? = nil, cores: Int? = nil,
        kernel: KernelRelease? = nil
    ) {
        self.date = date
        self.cpu = cpu
        self.cores = cores
        self.kernel = kernel
    }

    /// - Parameter models: the processors the farm's workers can give.
    package func conditions(
        release: Instant, now: Instant, models: [CPUModel], defaultKernel: KernelRelease, defaultCores: Int
    ) -> Conditions {
        let instant = date.resolved(release: release, now: now)
        return Conditions(
            date: instant, cpu: cpu ?? CPUModel.ofTime(instant, among: models), kernel: kernel ?? defaultKernel,
            cores: cores ?? defaultCores)
    }
}
