// SPDX-License-Identifier: GPL-3.0-or-later

/// What runs a guest's instructions.
package enum Accelerator: String, Codable, Hashable, Sendable, CaseIterable {
    /// The host's processor.
    case kvm
    /// QEMU's software emulation.
    case tcg

    /// What the kernel is told, so that its clock keeps the right rate.
    ///
    /// Emulated, the time stamp counter cannot be calibrated: guests that trusted it ran up to eight times too fast.
    /// Under KVM the kernel finds kvm-clock by itself.
    var kernelArguments: [String] {
        switch self {
        case .kvm: []
        case .tcg: ["tsc=unstable", "clocksource=hpet", "no_timer_check"]
        }
    }
}
