// SPDX-License-Identifier: GPL-3.0-or-later

/// A processor a guest can be given, from least to most capable.
///
/// Names and release years are those of QEMU 7.2's x86-64 models and the machines they imitate.
package enum CPUModel: String, CaseIterable, Codable, Hashable, Sendable {
    /// Only what every x86-64 processor has: level x86-64-v1 of the psABI.
    case baseline = "x86-64-v1"
    case qemu64
    case core2duo
    case penryn = "Penryn"
    case nehalem = "Nehalem"
    case westmere = "Westmere"
    case sandyBridge = "SandyBridge"
    case ivyBridge = "IvyBridge"
    case haswell = "Haswell"
    case broadwell = "Broadwell"
    case skylakeClient = "Skylake-Client"
    /// Everything the accelerator can give.
    case max

    /// The argument of QEMU's `-cpu`.
    package var qemuArgument: String {
        switch self {
        case .baseline: "qemu64,-sse3,-cx16,-ssse3"
        case .qemu64, .core2duo, .penryn, .nehalem, .westmere, .sandyBridge, .ivyBridge, .haswell, .broadwell,
            .skylakeClient, .max:
            rawValue
        }
    }

    /// The year such machines were first sold; nil for `max`, which is no machine.
    package var releaseYear: Int? {
        switch self {
        case .baseline, .qemu64: 2003
        case .core2duo: 2006
        case .penryn: 2007
        case .nehalem: 2008
        case .westmere: 2010
        case .sandyBridge: 2011
        case .ivyBridge: 2012
        case .haswell: 2013
        case .broadwell: 2014
        case .skylakeClient: 2015
        case .max: nil
        }
    }

    /// The models that software emulation (TCG of QEMU 7.2) gives in full, without warnings.
    package static let emulated: [CPUModel] = [.baseline, .qemu64, .core2duo, .penryn, .nehalem, .westmere, .max]

    /// The newest model of `models` sold at `instant`.
    ///
    /// From 2015 on, where Skylake-Client is not to be had, `max` stands in: emulated, it has the same AVX2, FMA and ADX.
    package static func ofTime(_ instant: Instant, among models: [CPUModel] = CPUModel.allCases) -> CPUModel {
        let year = instant.date.year
        let sold = models.filter { ($0.releaseYear ?? .max) <= year }
        if year >= 2015, !models.contains(.skylakeClient), models.contains(.max) { return .max }
        return sold.max() ?? models.min() ?? .baseline
    }
}

extension CPUModel: Comparable {
    private var rank: Int { CPUModel.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: CPUModel, right: CPUModel) -> Bool { left.rank < right.rank }
}

extension CPUModel: CustomStringConvertible {
    package var description: String { rawValue }
}
