// SPDX-License-Identifier: GPL-3.0-or-later

/// One of the conditions that can be changed by itself.
package enum Axis: String, CaseIterable, Codable, Hashable, Sendable {
    case date, cpu, kernel, parallelism
}

extension Conditions {
    /// These conditions with `axis` as `other` has it.
    package func taking(_ axis: Axis, from other: Conditions) -> Conditions {
        var changed = self
        switch axis {
        case .date: changed.date = other.date
        case .cpu: changed.cpu = other.cpu
        case .kernel: changed.kernel = other.kernel
        case .parallelism: changed.cores = other.cores
        }
        return changed
    }

    /// The axes on which the two differ.
    package func axes(differingFrom other: Conditions) -> Set<Axis> {
        Set(Axis.allCases.filter { taking($0, from: other) != self })
    }
}
