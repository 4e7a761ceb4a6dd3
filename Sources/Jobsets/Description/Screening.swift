// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// The conditions every build of a jobset is tried under first: all of them hard at once.
package struct Screening: Hashable, Sendable, Encodable {
    /// One screening build for each.
    package var dates: [ConditionsDate]
    package var cpu: CPUModel
    package var cores: Int
    /// Nil: the farm's default kernel.
    package var kernel: KernelRelease?
    /// How often each screening build of a package is made, where once would not show that it fails by chance.
    package var repeats: [String: Int]

    package init(
        dates: [ConditionsDate] = standard.dates, cpu: CPUModel = .baseline, cores: Int = 1,
        kernel: KernelRelease? = nil, repeats: [String: Int] = [:]
    ) {
        self.dates = dates
        self.cpu = cpu
        self.cores = cores
        self.kernel = kernel
        self.repeats = repeats
    }

    /// 2100-01-01 on the processor that has nothing beyond x86-64-v1.
    package static let standard = Screening(
        dates: [.instant(CivilDate(firstOf: 2100).start)], cpu: .baseline, cores: 1, kernel: nil)

    /// One set of conditions per date, each once, in the order of the file.
    package func conditions(release: Instant, now: Instant, defaultKernel: KernelRelease) -> [Conditions] {
        var all: [Conditions] = []
        for date in dates {
            let conditions = Conditions(
                date: date.resolved(release: release, now: now), cpu: cpu, kernel: kernel ?? defaultKernel,
                cores: cores)
            if !all.contains(conditions) { all.append(conditions) }
        }
        return all
    }
}
