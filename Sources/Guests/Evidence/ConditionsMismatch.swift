// SPDX-License-Identifier: GPL-3.0-or-later

/// One way in which a guest is not as it was asked to be.
package enum ConditionsMismatch: Hashable, Sendable {
    /// The guest's date, and the seconds by which it is wrong.
    case date(asked: String, found: String, offBy: Double)
    /// Seconds that the guest's clock gained on the host's within so many seconds.
    case rate(gained: Double, within: Double)
    case cpuLacks([String])
    case cpuHasToo([String])
    /// QEMU said that it cannot give the model in full.
    case cpuNotInFull([String])
    case kernel(asked: String, found: String)
    case cores(asked: Int, found: Int)
    case memory(asked: Int, found: Int)
}

extension ConditionsMismatch: CustomStringConvertible {
    package var description: String {
        switch self {
        case .date(let asked, let found, let offBy): "the date is \(found), not \(asked): off by \(offBy) s"
        case .rate(let gained, let within): "the clock gained \(gained) s within \(within) s"
        case .cpuLacks(let flags): "the processor lacks \(flags.joined(separator: " "))"
        case .cpuHasToo(let flags): "the processor also has \(flags.joined(separator: " "))"
        case .cpuNotInFull(let warnings):
            "the processor cannot be had in full with this accelerator: \(warnings.joined(separator: "; "))"
        case .kernel(let asked, let found): "the kernel is \(found), not \(asked)"
        case .cores(let asked, let found): "there are \(found) cores, not \(asked)"
        case .memory(let asked, let found): "there are \(found) MiB of memory, not \(asked)"
        }
    }
}
