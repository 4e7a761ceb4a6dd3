// SPDX-License-Identifier: GPL-3.0-or-later

internal import TimeTravel

/// What `/proc/cpuinfo` must and must not show for each processor model.
///
/// The steps are the instruction sets by which programs choose their code, in the order in which the models gained them
/// (psABI levels x86-64-v1 to v3 and Intel's manuals); names as Linux prints them, where `pni` is SSE3.
enum CPUFlags {
    /// Each model's own step: what it has and the models before it lack.
    private static func added(by model: CPUModel) -> [String] {
        switch model {
        case .baseline: ["sse2"]
        case .qemu64: ["pni", "cx16"]
        case .core2duo: ["ssse3"]
        case .penryn: ["sse4_1"]
        case .nehalem: ["sse4_2", "popcnt"]
        case .westmere: ["aes"]
        case .sandyBridge: ["avx"]
        case .ivyBridge: ["f16c"]
        case .haswell: ["avx2", "fma", "bmi1", "bmi2", "movbe"]
        case .broadwell: ["adx"]
        case .skylakeClient: []
        case .max: []
        }
    }

    /// QEMU's own variations from the order above.
    private static func extras(of model: CPUModel) -> Set<String> {
        switch model {
        // The plain qemu64 model is a made-up one; its flags beyond SSE3 changed between versions.
        case .qemu64: ["ssse3", "sse4_1", "popcnt"]
        case .baseline, .core2duo, .penryn, .nehalem, .westmere, .sandyBridge, .ivyBridge, .haswell, .broadwell,
            .skylakeClient, .max:
            []
        }
    }

    static func required(by model: CPUModel) -> [String] {
        if model == .max { return added(by: .baseline) }
        return CPUModel.allCases.filter { $0 <= model && $0 != .max }.flatMap(added)
    }

    static func forbidden(by model: CPUModel) -> [String] {
        if model == .max { return [] }
        let later = CPUModel.allCases.filter { $0 > model }.flatMap(added)
        return later.filter { !extras(of: model).contains($0) }
    }
}
